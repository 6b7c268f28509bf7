"""What `asab` brings with it: a CycloneDX bill of materials, and the licences, which have to be on a list.

The bill stands beside the wheels and not in them: a wheel's own (PEP 770) is for what it contains, and ours contain
nothing of others; what an installer adds is known at the installation.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from license_expression import AND, OR, LicenseSymbol, get_spdx_licensing
from packaging.requirements import Requirement

from tools.release.building import build
from tools.release.environments import create, uv
from tools.release.errors import ReleaseError
from tools.release.wheels import Wheel, closure

# What a product under the BSD licence may be shipped with, in whatever form, without a duty beyond naming the authors.
ALLOWED = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0", "Python-2.0", "Unlicense",
})  # fmt: skip

# Older packages have no SPDX expression.
CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
}


def write(wheel: Wheel, into: Path) -> list[str]:
    """Write the bill and the list of licences of a wheel with all of its extras; return the list.

    Raises:
        ReleaseError: A licence is not on the list of those that are allowed; the two files are written all the same.
    """
    bill = draw_up(wheel)
    stem = f"{wheel.package}-{wheel.version}"
    lines = [f"{each['name']} {each['version']}: {licence(each)}" for each in bill["components"]]
    into.mkdir(parents=True, exist_ok=True)
    (into / f"{stem}.cdx.json").write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")
    (into / f"{stem}.licences.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if wrong := [line for line, each in zip(lines, bill["components"], strict=True) if not allowed(licence(each))]:
        raise ReleaseError(f"not among the licences that are allowed: {'; '.join(wrong)}")
    return lines


def draw_up(wheel: Wheel) -> dict[str, Any]:
    """Return the CycloneDX document of an environment that holds the wheel, all of its extras, and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        python = create(Path(folder, "env"), sys.executable)
        for each in closure(wheel):
            build(each.folder, Path(folder, "wheels"))
        ours = {each.name for each in closure(wheel)}
        others = {line for each in closure(wheel) for line in each.requirements if Requirement(line).name not in ours}
        uv("pip", "install", "--quiet", "--python", python, *Path(folder, "wheels").glob("*.whl"), *sorted(others))
        command = [sys.executable, "-m", "cyclonedx_py", "environment", str(python), "--output-reproducible", "-o", "-"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise ReleaseError(f"cyclonedx-py fails:\n{result.stderr.strip()}")
    return without_paths(json.loads(result.stdout))


def without_paths(bill: dict[str, Any]) -> dict[str, Any]:
    """Take out where on this machine our wheels were installed from; two machines give the same bill."""
    for component in bill["components"]:
        references = [each for each in component.get("externalReferences", ()) if not each["url"].startswith("file:")]
        component["externalReferences"] = references
    return bill


def licence(component: dict[str, Any]) -> str:
    """Return the licence of a component as an SPDX expression, also if the bill has it by a classifier."""
    found = []
    for each in component.get("licenses", ()):
        named = each.get("license", {})
        name = each.get("expression") or named.get("id") or named.get("name", "")
        found.append(CLASSIFIERS.get(name, name))
    several = [f"({one})" if " OR " in one else one for one in dict.fromkeys(found)]
    return " AND ".join(several) if len(several) > 1 else found[0] if found else "unknown"


def allowed(expression: str) -> bool:
    """Return whether every licence of an expression is on the list, or one of those that one may choose from."""
    try:
        return _allowed(get_spdx_licensing().parse(expression, validate=True))
    except Exception:  # whatever a stranger has written there: what is not understood is not allowed
        return False


def _allowed(node: Any) -> bool:
    if isinstance(node, LicenseSymbol):
        return node.key in ALLOWED
    if isinstance(node, AND):
        return all(map(_allowed, node.args))
    return isinstance(node, OR) and any(map(_allowed, node.args))
