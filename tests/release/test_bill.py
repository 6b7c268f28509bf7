"""The licences of what comes with `asab` are on a list, whichever way a package names them."""

from __future__ import annotations

import pytest

from tools.release.bill import allowed, licence, without_paths


@pytest.mark.parametrize(
    ("licenses", "expression"),
    [
        ([{"expression": "Apache-2.0 AND MIT"}], "Apache-2.0 AND MIT"),
        ([{"expression": "Apache-2.0 OR BSD-3-Clause"}], "Apache-2.0 OR BSD-3-Clause"),
        ([{"license": {"id": "PSF-2.0"}}, {"license": {"id": "Python-2.0"}}], "PSF-2.0 AND Python-2.0"),
        ([{"license": {"id": "MIT"}}, {"license": {"name": "License :: OSI Approved :: MIT License"}}], "MIT"),
        ([{"license": {"id": "MIT"}}, {"expression": "GPL-2.0-only OR MIT"}], "MIT AND (GPL-2.0-only OR MIT)"),
        ([], "unknown"),
    ],
)
def test_a_licence_is_read_from_whatever_names_it(licenses: list[dict[str, object]], expression: str) -> None:
    """Newer packages have an expression, older ones classifiers, some of them both."""
    assert licence({"licenses": licenses}) == expression


@pytest.mark.parametrize(
    "expression", ["MIT", "Apache-2.0 AND MIT", "GPL-3.0-only OR MIT", "MIT AND (GPL-2.0-only OR BSD-3-Clause)"]
)
def test_what_gives_a_choice_or_asks_for_no_more_than_a_name_is_allowed(expression: str) -> None:
    """Where one may choose, one allowed licence is enough; of several that hold together each has to be."""
    assert allowed(expression)


@pytest.mark.parametrize(
    "expression",
    ["GPL-3.0-only", "MIT AND LGPL-3.0-or-later", "unknown", "", "MIT WITH LLVM-exception", "as you like; (", "MIT OR"],
)
def test_what_is_not_on_the_list_or_not_understood_is_not_allowed(expression: str) -> None:
    """A licence that nobody has read must not come in silently with an update."""
    assert not allowed(expression)


def test_a_bill_tells_nothing_of_the_machine_that_drew_it_up() -> None:
    """It is published; and two machines have to give the same one."""
    home, here = {"url": "https://localhost/asab"}, {"url": "file:///tmp/x.whl"}
    bill = {"components": [{"name": "asab", "externalReferences": [home, here]}, {"name": "yarl"}]}
    assert [each["externalReferences"] for each in without_paths(bill)["components"]] == [[home], []]
