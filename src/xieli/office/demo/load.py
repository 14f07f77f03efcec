"""Load the demo: the invented province, its surroundings, and “one call, the same night” ready to be played.

Run by `xieli serve --demo` and `xieli demo load`; it does nothing when the demo is there. The demo's time stands at Tuesday
17 March 2026, 09:58, two minutes before the phone rings, and runs on from there.
"""
from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from typing import Any

import psycopg

from xieli.office.demo import world
from xieli.office.demo.theatre import ZONE, Theatre

FIRST_DAY = "2025-08-31 09:00"
PRESENT = "2026-03-17 09:58"


def is_loaded(connection: psycopg.Connection[Any]) -> str:
    """`no` (empty), `half` (a load that was broken off) or `yes`."""
    mark = connection.execute("select mark, own_body from access.installation").fetchone()
    if mark is None or mark[0] not in ("demo", "scratch"):
        raise PermissionError("演示数据只能装入演示或临时库。/ Demo data goes only into a demo or scratch database.")
    if mark[1] is not None:
        return "yes"
    row = connection.execute("select exists (select 1 from body)").fetchone()
    return "half" if row and row[0] else "no"


def load(connection: psycopg.Connection[Any], *, say: Callable[[str], None] = print, surroundings: bool = True) -> Theatre:
    """Fill an empty demo or scratch database. `connection` is the installer's (autocommit); Django acts as web.

    Raises PermissionError anywhere else, RuntimeError when a load was broken off before (make the demo anew: `xieli demo reset`).
    """
    from xieli.office.demo.surroundings import play
    from xieli.office.matters.services.playbooks import publish

    found = is_loaded(connection)
    if found == "yes":
        return Theatre(world.read(connection), connection)
    if found == "half":
        raise RuntimeError("上次装入演示数据时中断；请运行 xieli demo reset 重建。/ An earlier load was broken off; run xieli demo reset to make the demo anew.")
    began = time.monotonic()
    say("装入虚构的渝江市…… / Loading the invented province …")
    with connection.transaction():
        loaded = world.load(connection)
        connection.execute("update access.installation set own_body = null")
        publish(connection)
    stage = Theatre(loaded, connection)
    stage.start_at(FIRST_DAY)
    from xieli.office.demo.stories.sc03_one_call import the_day_before
    from xieli.office.desk import demo as data_sets

    present = datetime.fromisoformat(PRESENT).replace(tzinfo=ZONE)
    with data_sets.load_beside((world.SUBJECT_IDS["duan"], "段某"), present) if surroundings else nullcontext() as brought:
        if surroundings:
            play(stage, say)
        if stage.clock_before("2026-03-16 16:00"):
            stage.at("2026-03-16 16:00")
        the_day_before(stage)
        stage.at(PRESENT)
        if brought is not None:
            say("装入虚构的数据集…… / Loading the invented data sets …")
            truth = brought()["county"]
            data_sets.publish(connection, present)
            data_sets.earlier_check(stage, data_sets.approved_check(stage), truth)
            from xieli.office.reporters import demo as store

            store.load(connection, stage)
    connection.execute("update access.installation set own_body = %s", [loaded.bodies["yj"]])
    say(f"演示数据已装入（{time.monotonic() - began:.0f} 秒）。 / The demo is loaded ({time.monotonic() - began:.0f} s).")
    return stage


def main() -> None:
    """As a process of its own: DJANGO settings and the web role's password come from the environment."""
    import django

    django.setup()
    from xieli.office.demo.scratch import keeper_connection
    from xieli.server.postgres import ensure_database

    gc.set_threshold(50_000, 20, 50)  # a short process that makes much and lets go of little
    with ensure_database() as db, keeper_connection(db) as connection:
        if is_loaded(connection) != "yes":
            load(connection, say=lambda text: print(text, flush=True))


if __name__ == "__main__":
    try:
        main()
    except (PermissionError, RuntimeError) as reason:
        print(reason, file=sys.stderr)
        sys.exit(1)
