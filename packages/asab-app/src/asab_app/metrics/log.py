"""`LogTarget`: each metric as a record of the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from asab_app.metrics.target import Point, Target
from asab_config import ConfigObject
from asab_log import get_logger
from asab_log.levels import LEVELS

L = get_logger(__name__)


class LogTarget(Target, ConfigObject):
    """Logs each point, with its tags and values as structured data."""

    name: str = "log"
    ConfigDefaults: ClassVar[Mapping[str, Any]] = {"level": "notice"}

    def __init__(self, config_section_name: str = "asab:metrics:log", config: Mapping[str, Any] | None = None) -> None:
        """Make it.

        Args:
            config_section_name: The section with `level`.
            config: Values that win over the section.

        Raises:
            ConfigError: If the level is none.
        """
        Target.__init__(self)
        ConfigObject.__init__(self, config_section_name, config)
        level = LEVELS.get(str(self.Config["level"]).lower())
        if level is None:
            raise self.Config.mistake("level", f"expected {', '.join(LEVELS)}")
        self._level = level

    def take(self, points: Sequence[Point]) -> None:
        """Log them."""
        for point in points:
            L.log(self._level, "Metric %s", point.name, struct_data={**point.tags, **point.values})
        self.count(sent=len(points))
