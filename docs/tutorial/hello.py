import asab


class GuestBook(asab.Application):
    async def main(self):
        print("The guest book is open.")
        self.stop()


if __name__ == "__main__":
    raise SystemExit(GuestBook().run())
