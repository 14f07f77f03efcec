"""Jobs of allocation, done by the worker. Arguments name records by id only; whose authority a job has is in its record."""
from __future__ import annotations

from procrastinate.contrib.django import app


@app.task(name="make_plan", queue="plans", retry=False)
def make_plan(run: str) -> None:
    """Make one plan, or take up what a killed worker left of it."""
    from xieli.office.allocation import plans

    plans.work(int(run))


@app.periodic(cron="* * * * *")
@app.task(name="plan_rounds", queue="plans", queueing_lock="plan_rounds", retry=False)
def plan_rounds(timestamp: int) -> None:
    """Each minute: plans that were left are taken up."""
    from xieli.office.allocation import plans

    for identity in plans.left_over():
        make_plan(run=str(identity))
