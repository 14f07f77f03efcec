"""The sweeper process: rounds over due clocks, duties and circles, as the `sweeper` role, until it is told to stop.

    python -m xieli.server.sweeper

A round that fails is logged and tried again; nothing is lost by a missed one, since every round asks what is due now.
"""
from __future__ import annotations

import logging
import os
import signal
import threading

INTERVAL = 2.0  # seconds between rounds; a full round is followed by the next at once
FULL = 500

log = logging.getLogger(__name__)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")
    import django

    django.setup()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run(stop)


def run(stop: threading.Event) -> None:
    """Rounds until `stop` is set."""
    from django.db import close_old_connections, connection

    from xieli.office.matters.sweeper import round_once

    while not stop.is_set():
        done: dict[str, int] = {}
        try:
            close_old_connections()
            done = round_once()
        except Exception:  # the database may be away for a while; the next round asks again
            log.exception("a round was not completed")
            connection.close()
        if max(done.values(), default=0) < FULL:
            stop.wait(INTERVAL)


if __name__ == "__main__":
    main()
