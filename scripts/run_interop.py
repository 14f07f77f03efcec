"""`make interop`: foreign checkers read what we write, each in an environment of its own that is thrown away afterwards.

A checker is a folder tests/interop/NAME with `requirements.txt` and `check.py`. They never become dependencies: some are
under licences that ours must not inherit. `check.py` is given a folder to work in and exits 0 when the foreign tool agrees.
"""
from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from xieli.server.words import pick, to_terminal

ROOT = Path(__file__).resolve().parents[1]


def check(folder: Path) -> bool:
    with tempfile.TemporaryDirectory(prefix="xieli-interop-") as work:
        place = Path(work) / "venv"
        venv.create(place, with_pip=True)
        python = str(place / "bin" / "python")
        install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", str(folder / "requirements.txt")]
        if subprocess.run(install, check=False).returncode != 0:
            to_terminal(pick(f"{folder.name}：外部工具未能安装", f"{folder.name}: the foreign tool could not be installed"))
            return False
        # our own interpreter writes the exports (first argument), the foreign one reads them
        return subprocess.run([python, str(folder / "check.py"), sys.executable, work], cwd=ROOT, check=False).returncode == 0


def main() -> int:
    folders = [p.parent for p in sorted((ROOT / "tests" / "interop").glob("*/check.py")) if not sys.argv[1:] or p.parent.name in sys.argv[1:]]
    if not folders:
        to_terminal(pick("没有外部核对项。", "There is no foreign checker to run."))
        return 2
    results = {folder.name: check(folder) for folder in folders}
    for name, agreed in results.items():
        print(pick(f"{name}：{'一致' if agreed else '不一致'}", f"{name}: {'agrees' if agreed else 'disagrees'}"))
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
