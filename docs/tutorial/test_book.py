import aiohttp
import pytest
from asab.testing import VirtualRun

from figures import GuestBook


@pytest.fixture
def run(tmp_path):
    """The application on a clock that jumps, with a book and a port of its own."""
    config = {
        "book": {"path": str(tmp_path / "guests.db")},
        "asab:web": {"listen": "127.0.0.1:0"},
        "general": {"tick_period": "60"},
    }
    with VirtualRun(GuestBook, config=config) as run:
        yield run


async def post(app, guest, text):
    (address,) = app.get_service("asab.WebService").default_container.addresses
    form = {"guest": guest, "text": text}
    async with aiohttp.ClientSession(address) as session, session.post("/guests", data=form) as answer:
        return answer.status


def test_an_entry_is_announced_and_kept(run):
    heard = []
    run.app.PubSub.subscribe("Book.entry!", lambda message_type, guest, text: heard.append(guest))
    assert run.wait_for(post(run.app, "Ann", "What a view!")) == 201
    assert run.wait_for(post(run.app, "Bob", "")) == 400
    assert heard == ["Ann"]
    assert dict(run.app.get_service("Book").entries) == {"Ann": "What a view!"}


def test_there_is_a_summary_each_day(run, caplog):
    run.sleep(7.5 * 86400)  # takes no time
    assert [record.message for record in caplog.records].count("Guests until now") == 7
