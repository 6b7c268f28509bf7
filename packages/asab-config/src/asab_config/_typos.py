"""Names in configuration files that nobody has registered, and which one was probably meant."""

from __future__ import annotations

import configparser

from asab_config._layer import Rank

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from asab_config._layer import Layer


def unknown(layers: Iterable[Layer], registered: Mapping[str, set[str]]) -> Iterator[tuple[str, bool]]:
    """Find sections and options of files that nobody knows.

    Args:
        layers: What was read, and the defaults, which make names known.
        registered: Other known options by section. A section that is known without options takes any.

    Returns:
        A sentence for each with its place, and whether it resembles a known name, which the sentence tells then.
    """
    layers = list(layers)
    known = {section: set(options) for section, options in registered.items()}
    for layer in layers:
        for section, options in layer.sections.items() if layer.rank < Rank.VALUES else ():
            known.setdefault(section, set()).update(options)
    for file in (layer for layer in layers if layer.lines is not None):
        for section, options in file.sections.items():
            if section == configparser.DEFAULTSECT:
                continue  # it holds for all sections
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
