"""The report process: computes the reports that persons asked to release, as the `report` role, until it is told to stop.

    python -m xieli.office.reports.computer
"""
from __future__ import annotations

import logging
import os
import signal
import threading

import psycopg

INTERVAL = 5.0  # seconds between looks

log = logging.getLogger(__name__)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")
    import django

    django.setup()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run(os.environ["XIELI_DB_REPORT"], stop)


def run(dsn: str, stop: threading.Event) -> None:
    """Look for what was asked until `stop` is set; a look that fails is logged and tried again."""
    from xieli.office.reports.releases import compute_asked

    while not stop.is_set():
        try:
            with psycopg.connect(dsn) as connection:
                compute_asked(connection)
        except Exception:  # the database may be away for a while; the next look asks again
            log.exception("a look was not completed")
        stop.wait(INTERVAL)


if __name__ == "__main__":
    main()
