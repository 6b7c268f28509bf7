"""The Pythons that `hatch test` can run on: those of its matrix that this machine has.

Hatch would download the missing ones. The Python that Hatch itself runs on is always taken, be it newer than those.
"""

from __future__ import annotations

import shutil
import sys
from typing import Any

from hatch.env.collectors.plugin.interface import EnvironmentCollectorInterface


class PresentInterpreters(EnvironmentCollectorInterface):  # type: ignore[misc]
    """Leaves out of the matrix of `hatch-test` what is not there."""

    def finalize_config(self, config: dict[str, dict[str, Any]]) -> None:
        """Change the environments' configuration in place, before Hatch reads the matrix."""
        own = "{}.{}".format(*sys.version_info)
        (matrix,) = config["hatch-test"]["matrix"]
        others = [version for version in matrix["python"] if version != own and shutil.which(f"python{version}")]
        matrix["python"] = [own, *others]
