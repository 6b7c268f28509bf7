import asab
import asab.log

L = asab.log.get_logger(__name__)

asab.Config.add_defaults({"guestbook": {"name": "The guest book", "closes_after": "3s"}})


class GuestBook(asab.Application):
    Description = "A guest book that closes by itself."

    async def initialize(self):
        self.closes_after = asab.Config.getseconds("guestbook", "closes_after")
        self.closing = asab.Timer(self, self.on_closing)
        self.PubSub.subscribe("Application.tick!", self.on_tick)

    async def main(self):
        L.log(asab.LOG_NOTICE, "%s is open.", asab.Config["guestbook"]["name"])
        self.closing.start(self.closes_after)

    def on_tick(self, message_type):
        L.info("Nobody has come.", struct_data={"at": round(self.time())})

    def on_closing(self):
        L.warning("%s closes.", asab.Config["guestbook"]["name"])
        self.stop()


if __name__ == "__main__":
    raise SystemExit(GuestBook().run())
