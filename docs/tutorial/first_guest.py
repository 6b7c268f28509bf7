import asab

from book import BookModule


class GuestBook(asab.Application):
    async def initialize(self):
        self.add_module(BookModule)
        self.PubSub.subscribe_all(self)

    async def main(self):
        book = self.get_service("Book")
        book.write("Ann", "What a view!")
        self.stop()

    @asab.subscribe("Book.entry!")
    def on_entry(self, message_type, guest, text):
        print(f"{guest} writes: {text}")


if __name__ == "__main__":
    raise SystemExit(GuestBook().run())
