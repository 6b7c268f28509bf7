import asyncio

import asab
import pytest
from asab_utils.testing import VirtualLoop

from book import BookModule


class Rehearsal(asab.Application):
    """The application with the book alone, on a clock that jumps; `play` is its `main()`."""

    def __init__(self, play):
        self.play = play
        super().__init__(args=[])

    def create_event_loop(self):
        return VirtualLoop()

    async def initialize(self):
        self.add_module(BookModule)

    async def main(self):
        await self.play(self)
        self.stop()


@pytest.fixture
def rehearse(tmp_path):
    """Run an application through its whole life, with the function as its `main()`."""
    asab.Config.read_dict({"book": {"path": str(tmp_path / "guests.db")}, "general": {"tick_period": "60"}})
    yield lambda play: Rehearsal(play).run()
    asab.Singleton.delete(Rehearsal)


def test_an_entry_is_announced_and_kept(rehearse):
    heard = []

    async def play(app):
        app.PubSub.subscribe("Book.entry!", lambda message_type, guest, text: heard.append(guest))
        app.get_service("Book").write("Ann", "What a view!")
        assert dict(app.get_service("Book").entries) == {"Ann": "What a view!"}

    assert rehearse(play) == 0
    assert heard == ["Ann"]


def test_there_is_a_summary_each_day(rehearse, caplog):
    async def play(app):
        await asyncio.sleep(7.5 * 86400)  # takes no time

    assert rehearse(play) == 0
    assert [record.message for record in caplog.records].count("Guests until now") == 7
