"""What a checkout needs before it can serve or be tested: compiled message catalogues and front-end packages.

An installed wheel carries both; there this does nothing.
"""
from __future__ import annotations

from pathlib import Path

import xieli
from xieli.server import catalogues, vendor
from xieli.server.home import checkout
from xieli.server.words import Say, pick


def prepare_checkout(say: Say, *, for_tests: bool = False) -> None:
    """Bring both up to date. Errors: `Trouble` (npm), `CatalogueError` (a catalogue's line)."""
    written = catalogues.compile_all(Path(xieli.__file__).parent)
    if written:
        say(pick(f"编译界面文字 {written} 份。", f"Compiled {written} message catalogue(s)."))
    root = checkout()
    if root is not None:
        vendor.fetch(root, say, for_tests=for_tests)
