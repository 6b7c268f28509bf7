import asab
import asab.log
import asab.metrics

import thanks

L = asab.log.get_logger(__name__)


class Figures(asab.Service):
    """Counts what happens to the book, and logs the figures."""

    async def initialize(self, app):
        metrics = app.get_service("asab.MetricsService")
        self.visits = metrics.create_counter("guests", init_values={"entries": 0})
        app.PubSub.subscribe_all(self)

    @asab.subscribe("Book.entry!")
    def on_entry(self, message_type, guest, text):
        self.visits.add("entries")

    @asab.subscribe("Application.Metrics.Flush!")
    def on_flush(self, message_type, metric, values):
        L.log(asab.LOG_NOTICE, "%s", metric.Name, struct_data=values)


class GuestBook(thanks.GuestBook):
    async def initialize(self):
        await super().initialize()
        self.add_module(asab.metrics.Module)
        Figures(self, "Figures")


if __name__ == "__main__":
    raise SystemExit(GuestBook().run())
