"""Jobs of the kernel, done by the worker."""
from __future__ import annotations

from procrastinate.contrib.django import app


@app.periodic(cron="* * * * *")
@app.task(name="end_by_itself", queue="matters", queueing_lock="end_by_itself", retry=False)
def end_by_itself(timestamp: int) -> None:
    """Each minute: what a playbook lets end by itself is ended."""
    from xieli.office.matters.services import by_itself

    by_itself.round_once()
