class MyApplication(asab.Application):
    async def main(self):
        print("Hello world!")
        self.stop()
