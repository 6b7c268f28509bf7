"""Mistakes in a configuration, each with its place."""

from __future__ import annotations

from asab_config.secrets import mask

_LONGEST = 200  # how much of a value or a line an error shows


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


def shortened(text: str) -> str:
    """Return the beginning of a text that is too long to be shown."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def mistake(section: str, option: str, value: object, text: str, place: str = "", in_file: bool = False) -> ConfigError:
    """Return an error about a value; a secret is masked.

    Args:
        section: The section.
        option: The option.
        value: The value that is wrong.
        text: What is wrong with it, or what was expected.
        place: Where it comes from, if that is known.
        in_file: Whether the place is a file, which comes first then, as editors know it.
    """
    subject = f"[{section}] {option} = {shortened(mask(option, str(value)))!r}"
    if in_file:
        return ConfigError(f"{place}: {subject}: {text}")
    return ConfigError(f"{subject} ({place}): {text}" if place else f"{subject}: {text}")
