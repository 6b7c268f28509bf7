"""RabbitMQ nodes of our own that are one cluster, on loopback, with a name service (epmd) of their own."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from typing import TYPE_CHECKING

from tests.support.rabbitmq import Node, free_port, own_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# The name service does not end with those who use it.
GUARD = 'epmd -port "$0" -address 127.0.0.1 & read -r _; kill -s KILL $!'


class ClusterNode(Node):
    """A node that finds the others by the name service."""

    def __init__(self, folder: Path, name_service: int) -> None:
        super().__init__(folder)
        self._name_service = name_service

    def join(self, nodes: Sequence[Node]) -> None:
        """Be one of these from the first start on."""
        with (self.folder / "rabbitmq.conf").open("a") as conf:
            conf.write("cluster_formation.peer_discovery_backend = classic_config\n")
            conf.writelines(
                f"cluster_formation.classic_config.nodes.{n} = {node.name}\n" for n, node in enumerate(nodes, 1)
            )

    def _environment(self) -> dict[str, str]:
        port = self._distribution_port
        return {
            **super()._environment(),
            "ERL_EPMD_PORT": str(self._name_service),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-noinput -kernel inet_dist_use_interface {127,0,0,1} "
                f"-kernel inet_dist_listen_min {port} -kernel inet_dist_listen_max {port} "
                f"-sname {self.name} -start_epmd false"
            ),
            "RABBITMQ_CTL_ERL_ARGS": "-start_epmd false -dist_listen false",
        }


@contextlib.contextmanager
def private_cluster(size: int) -> Iterator[list[ClusterNode]]:
    """So many nodes that have found each other; the test may hurt them."""
    with own_folder() as folder, _name_service() as port, contextlib.ExitStack() as stack:
        nodes = []
        for number in range(size):
            (folder / str(number)).mkdir()
            nodes.append(stack.enter_context(ClusterNode(folder / str(number), port)))
        for node in nodes:
            node.join(nodes)
        asyncio.run(_start(nodes))
        yield nodes


async def _start(nodes: Sequence[Node]) -> None:
    """Start all at once, which saves the time of all but one, and return when each has found the others."""
    await asyncio.gather(*(asyncio.to_thread(node.start) for node in nodes))
    for node in nodes:
        await asyncio.to_thread(node.ctl, "await_online_nodes", str(len(nodes)))


@contextlib.contextmanager
def _name_service() -> Iterator[int]:
    assert shutil.which("epmd") is not None, "epmd is missing, which comes with Erlang"
    port = free_port()
    guard = subprocess.Popen(["sh", "-c", GUARD, str(port)], stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield port
    finally:
        guard.communicate(timeout=10)
