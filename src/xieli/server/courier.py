"""Mail and webhooks leave from a thread of the worker process: rounds until the process ends, as the `job` role.

It is a thread of its own so that a mail server that does not answer delays no job, and no process of its own so that a small
machine carries one Python less.
"""
from __future__ import annotations

import logging
import threading
from collections.abc import Callable

INTERVAL = 2.0  # seconds between rounds
log = logging.getLogger(__name__)


def run(stop: threading.Event) -> None:
    """Rounds until `stop` is set. A round that fails is logged and made again: nothing is lost, the queues are tables."""
    from django.db import close_old_connections, connection

    from xieli.office.clients import courier as webhooks
    from xieli.office.notices import courier as mail

    rounds: tuple[Callable[[], int], ...] = (mail.round_once, webhooks.round_once, webhooks.forget)
    while not stop.is_set():
        for one in rounds:
            try:
                close_old_connections()
                one()
            except Exception:  # the database may be away for a while; the next round asks again
                log.exception("a round was not completed")
                connection.close()
        stop.wait(INTERVAL)


def start() -> threading.Event:
    """Start the thread; returns what stops it."""
    stop = threading.Event()
    threading.Thread(target=run, args=(stop,), name="courier", daemon=True).start()
    return stop
