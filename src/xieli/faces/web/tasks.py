"""Jobs of the screens, done by the worker. Arguments name records by id only; whose authority a job has is in its record."""
from __future__ import annotations

from procrastinate.contrib.django import app


@app.task(name="write_export", queue="exports", retry=False)
def write_export(export: str) -> None:
    """Make one bulk export, or take up what a killed worker left of it."""
    from xieli.faces.web import takeout

    takeout.work(int(export))


@app.periodic(cron="* * * * *")
@app.task(name="export_rounds", queue="exports", queueing_lock="export_rounds", retry=False)
def export_rounds(timestamp: int) -> None:
    """Each minute: exports that were left are taken up, sheets whose time is over are deleted."""
    from xieli.office.exports import services

    for identity in services.left_over():
        write_export.defer(export=str(identity))
    services.expire()
