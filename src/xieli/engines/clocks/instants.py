"""Between the instant at which a term has run out and the day that people read."""
from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def last_day(due_at: datetime, zone: ZoneInfo = ZONE) -> date:
    """The last day on which something is still in time. A term of days runs out at the midnight after it, which is the next day's."""
    return (due_at - timedelta(microseconds=1)).astimezone(zone).date()
