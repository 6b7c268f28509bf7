"""Mistakes in a configuration, each with its place."""

from __future__ import annotations


class ConfigError(ValueError):
    """A configuration that cannot be used as it stands.

    The text is made for the person who wrote the configuration: it names the place, the value and the remedy. A file
    with several mistakes gives one error with a line for each.
    """

    def __init__(self, *mistakes: str) -> None:
        """Take one text for each mistake.

        Args:
            *mistakes: A full sentence each, without a line break.
        """
        super().__init__(*mistakes)
        self.mistakes = mistakes

    def __str__(self) -> str:
        """Return the mistakes, a line each."""
        return "\n".join(self.mistakes)
