"""What a form gave, as numbers and days. What our own pages never send is refused in plain words; what was typed stays on the page."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from xieli.office.matters.services.errors import Refused

ZONE = ZoneInfo("Asia/Shanghai")
ROW = 2**31 - 1  # bodies, persons, rooms, offices
RANDOM = 2**63 - 1  # what hangs on a matter, sessions


def number(values: Mapping[str, str], name: str, most: int = ROW) -> int:
    """A row chosen from a list. Raises Refused when none was chosen, or something that no list holds."""
    found = number_or_none(values, name, most)
    if found is None:
        raise Refused("bad_choice", "请从列表中选择。", "Choose from the list.")
    return found


def number_or_none(values: Mapping[str, str], name: str, most: int = ROW) -> int | None:
    """The same where nothing need be chosen. Raises Refused for what is no number."""
    text = (values.get(name) or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or int(text) > most:
        raise Refused("bad_choice", "请从列表中选择。", "Choose from the list.")
    return int(text)


def day_or_none(values: Mapping[str, str], name: str) -> date | None:
    """A day, or None when the field is empty. Raises Refused for what is no day."""
    text = (values.get(name) or "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("bad_day", "日期不对，例如 2026-03-17。", "That is not a day; write 2026-03-17.") from None


def moment_or_none(values: Mapping[str, str], name: str) -> datetime | None:
    """A minute in the legal zone, or None when the field is empty. Raises Refused for what is no minute."""
    text = (values.get(name) or "").strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZONE)
    except ValueError:
        raise Refused("bad_minute", "时间不对，例如 2026-03-17T14:05。", "That is not a time; write 2026-03-17T14:05.") from None
