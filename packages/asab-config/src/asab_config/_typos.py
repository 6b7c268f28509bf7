"""Names in configuration files that nobody has registered, and which one was probably meant."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from asab_config._layer import Layer


def unknown(files: Iterable[Layer], known: Mapping[str, set[str]]) -> Iterator[tuple[str, bool]]:
    """Find sections and options of files that nobody registered.

    Args:
        files: What was read.
        known: The registered options by section. A section that is registered without options takes any.

    Returns:
        A sentence for each with its place, and whether it resembles a registered name, which the sentence tells then.
    """
    for file in files:
        for section, options in file.sections.items():
            if section not in known:
                place = file.place(section, next(iter(options), ""))
                yield _sentence(f"{place}: section [{section}]", section, known)
            for option in options:
                if known.get(section) and option not in known[section]:
                    yield _sentence(f"{file.place(section, option)}: [{section}] {option}", option, known[section])


def _sentence(subject: str, name: str, names: Iterable[str]) -> tuple[str, bool]:
    from difflib import get_close_matches  # only a mistake pays for it

    closest = get_close_matches(name, names, 1, 0.75)
    text = f"{subject} is not known"
    return (f"{text}; did you mean {closest[0]!r}?", True) if closest else (text, False)
