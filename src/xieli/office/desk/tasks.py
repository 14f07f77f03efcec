"""Jobs of data matching, done by the worker. Arguments name records by id only; whose authority a job has is in its record."""
from __future__ import annotations

from procrastinate.contrib.django import app

from xieli.engines.matching.words import Conflict


@app.task(name="match_run", queue="matching", retry=False)
def match_run(run: str) -> None:
    """Do one run, or take up what a killed worker left of it."""
    from xieli.office.desk import runs

    try:
        runs.work(int(run))
    except Conflict:  # another worker is at it
        return


@app.periodic(cron="* * * * *")
@app.task(name="match_rounds", queue="matching", queueing_lock="match_rounds", retry=False)
def match_rounds(timestamp: int) -> None:
    """Each minute: runs that were left are taken up, tripwires that are due are checked."""
    from xieli.office.desk import runs, tripwires

    for identity in runs.left_over():
        match_run(run=str(identity))
    tripwires.check_due()
