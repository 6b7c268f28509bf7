async def example_handler(self, properties, body):
        print("Recevied", body)
        return "Hi there too"
