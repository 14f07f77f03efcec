"""A demo made anew: its database dropped and filled again, by `xieli demo reset` or from the button at the demo's entrance.

The button's way (docs/decisions/run-demo-anew.md):
1. the supervisor of a demo gives its web process the name of a file, and nobody else's;
2. the web process makes that file when a visitor has asked for it, on this machine, in a demo, and said that he is sure;
3. the supervisor sees the file, lets the waiting page be fetched, stops every process, makes the database anew, starts them again.
The web role gains no right by it: it can ask, the installer's connection answers, and only where the database itself says “demo”.
"""
from __future__ import annotations

import shutil
import time
from pathlib import Path

import psycopg
from psycopg import sql

from xieli.server import prepare
from xieli.server.home import Home
from xieli.server.postgres import Instance
from xieli.server.words import Say, Trouble

VARIABLE = "XIELI_DEMO_ANEW"  # where the web process puts the wish; absent: nobody would see it
FETCHING = 3.0  # seconds in which the waiting page and its style are still being fetched


def wish(home: Home) -> Path:
    """The file that says that somebody asked."""
    return home.path / "demo.anew"


def ask(place: Path) -> None:
    """Make the file; a second press changes nothing."""
    place.touch(mode=0o600, exist_ok=True)


def refuse_unless_demo(db: Instance) -> None:
    """Raises `Trouble` in every installation that was not made a demo."""
    if prepare.mark_of(db) != "demo":
        raise Trouble("这不是演示环境，没有改动。演示环境在建立时确定（xieli serve --demo）。",
                      "This installation is not a demo; nothing was changed. A demo is one from its creation (xieli serve --demo).")


def empty(db: Instance, say: Say) -> None:
    """Drop the demo's database and make an empty one with the same mark. Raises `Trouble` where it is no demo."""
    refuse_unless_demo(db)
    with psycopg.connect(db.maintenance_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(db.database)))
    leave_nothing(db.home)
    prepare.bring_up_to_date(db, say)
    prepare.set_mark(db, "demo", level_cap=3)


def leave_nothing(home: Home) -> None:
    """Take away what the dropped database left beside it: stored files, data laid out for matching, the seals of its ledger.

    The seals too, key and memory: a sealer that remembers the old ledger would take the new one for a database rolled back
    and stop, which is right everywhere else.
    """
    for folder in ("files", "matching", "seals"):
        shutil.rmtree(home.path / folder, ignore_errors=True)


class Watch:
    """Looks for the wish of one demo; a wish left by an earlier run is forgotten."""

    def __init__(self, home: Home) -> None:
        self.place = wish(home)
        self.seen = 0.0
        self.place.unlink(missing_ok=True)

    def asked(self) -> bool:
        """Whether somebody asked, long enough ago for his waiting page to be there."""
        if not self.seen and self.place.exists():
            self.seen = time.monotonic()
        return bool(self.seen) and time.monotonic() - self.seen > FETCHING

    def forget(self) -> None:
        self.seen = 0.0
        self.place.unlink(missing_ok=True)
