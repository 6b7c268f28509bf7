import asab
import asab.log

L = asab.log.get_logger(__name__)

asab.Config.add_defaults({"book": {"path": "guests.db", "summary_every": "1d"}})


class Book(asab.Service):
    """Keeps what guests have written. Publishes "Book.entry!" with the guest and the text."""

    def __init__(self, app):
        super().__init__(app, "Book")
        self.path = asab.Config["book"]["path"]
        self.summary_every = asab.Config.getseconds("book", "summary_every")
        self.summary = asab.Timer(app, self.on_summary, autorestart=True)

    async def initialize(self, app):
        self.entries = asab.PersistentDict(self.path)
        self.summary.start(self.summary_every)

    async def finalize(self, app):
        self.summary.stop()
        self.entries.close()

    def write(self, guest, text):
        self.entries[guest] = text
        self.App.PubSub.publish("Book.entry!", guest, text)

    def on_summary(self):
        L.log(asab.LOG_NOTICE, "Guests until now", struct_data={"guests": len(self.entries)})


class BookModule(asab.Module):
    def __init__(self, app):
        super().__init__(app)
        self.service = Book(app)
