"""Fresh interpreters: what an import brings in, free of the test run's own modules and of site's."""

from __future__ import annotations

import subprocess
import sys
import sysconfig

from tests.architecture.layers import LAYERS

# `-I -S` keeps the environment and the .pth files out, so that the paths are given here.
PATHS = [str(layer.source.parent) for layer in LAYERS] + [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a bare interpreter that can import all layers, with every warning an error."""
    program = f"import sys; sys.path += {PATHS!r}\n{code}"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def loaded_by(statement: str) -> set[str]:
    """Return the names of the modules that a statement loads into a bare interpreter."""
    result = run(f"bare = set(sys.modules)\n{statement}\nprint(*set(sys.modules) - bare)")
    assert not result.returncode, result.stderr
    return set(result.stdout.split())
