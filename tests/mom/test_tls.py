"""`amqps://` to a server with TLS: who is trusted, and that nobody else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asab_mom.amqp import AMQPBroker
from tests.support.certificate import ENCRYPTED_KEY, client_section, tls_section
from tests.support.mom import Inbox, LogWatch, serve, within
from tests.support.rabbitmq import Node, private_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asab_app import Application
    from asab_mom import Broker


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A server with TLS, and a certificate that no system knows."""
    with private_node(tls=True) as node:
        yield node


def url(node: Node, host: str = "127.0.0.1") -> str:
    return f"amqps://guest:guest@{host}:{node.tls_port}/"


@pytest.mark.slow
@pytest.mark.parametrize("options", [("ca",), ("ca", "cert")])
def test_messages_go_over_tls(node: Node, tmp_path: Path, options: tuple[str, ...]) -> None:
    """With an authority of one's own, and with a certificate of one's own for the server to check."""
    files = client_section(tmp_path)
    given = {option: files[option] for option in options}
    inbox = Inbox()

    def setup(app: Application) -> AMQPBroker:
        broker = AMQPBroker(app, config={"url": url(node), "exchange": "", **given})
        broker.subscribe("queue")
        broker.add("queue", inbox)
        return broker

    async def scenario(broker: Broker) -> None:
        await within(broker.publish("x" * 500_000, "queue"))
        assert (await inbox.next())[1] == b"x" * 500_000

    assert serve(setup, scenario) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("host", "trusting", "said"),
    [("127.0.0.1", False, "certificate verify failed"), ("127.0.0.2", True, "IP address mismatch")],
)
def test_a_server_that_is_not_vouched_for_gets_no_password(
    node: Node, tmp_path: Path, host: str, trusting: bool, said: str
) -> None:
    """Neither one with a certificate of nobody, nor one with that of another host; there is no option for it."""
    ca = tls_section(tmp_path)["cert"] if trusting else ""

    async def scenario(broker: Broker) -> None:
        await log.wait_for(f"No connection to amqps://{host}:{node.tls_port}/: ")
        assert log.count(said) == 1

    with LogWatch() as log:
        serve(lambda app: AMQPBroker(app, config={"url": url(node, host), "ca": ca, "reconnect_delay": 0.1}), scenario)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"ca": "/no/such/file"}, "ca = '/no/such/file': expected a file of certificates of authorities: No such file"),
        ({"cert": "{folder}/key.pem"}, "cert = '{folder}/key.pem': expected a certificate, and its key in the same"),
        ({"cert": "{folder}/cert.pem", "key": "{folder}/secret.pem"}, "cert = '{folder}/cert.pem': expected a certif"),
        ({"key": "{folder}/key.pem"}, "key = '{folder}/key.pem': its certificate is missing, set cert"),
        ({"url": "amqp://host/", "ca": "{folder}/cert.pem"}, "ca = '{folder}/cert.pem': only amqps:// needs it"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_at_the_start(
    tmp_path: Path, config: dict[str, str], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Found when the application starts, and not when the server has moved."""
    tls_section(tmp_path)
    (tmp_path / "secret.pem").write_text(ENCRYPTED_KEY)
    given = {"url": "amqps://host/", **{option: value.format(folder=tmp_path) for option, value in config.items()}}

    async def scenario(broker: Broker) -> None:
        raise AssertionError("it does not come to this")

    with pytest.raises(SystemExit) as exit_info:
        serve(lambda app: AMQPBroker(app, config=given), scenario)
    assert exit_info.value.code == 78
    (error,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert error.getMessage().startswith(f"[asab:mom:amqp] {said.format(folder=tmp_path)}")
