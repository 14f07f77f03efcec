"""From addresses and codes to things: what is hidden and what does not exist are one answer."""

from typing import Any

from xieli.office.bodies.models import Body
from xieli.office.ids import BadReference, from_ref
from xieli.office.matters.services.errors import NotVisible, Refused


def identity(ref: str) -> int:
    """The identity behind an address part. Raises NotVisible for what is none."""
    try:
        return from_ref(ref)
    except BadReference:
        raise NotVisible() from None


def one(rows: Any, ref: str) -> Any:
    """The visible row behind an address part. Raises NotVisible."""
    found = rows.filter(pk=identity(ref)).first()
    if found is None:
        raise NotVisible()
    return found


def body(code: str) -> Body:
    """A body in force by its code. Raises Refused in plain words."""
    found = Body.objects.filter(code=code, valid_to=None).first()
    if found is None:
        raise Refused("no_such_body", f"没有代码为“{code}”的现行机构。", f"There is no body in force with the code “{code}”.")
    return found


def usable(value: Any, depth: int = 0) -> Any:
    """A JSON value as it may be stored: no NUL, no lone surrogate, no bottomless nesting, no numbers a ledger cannot write."""
    bad = Refused("bad_value", "内容含有不能保存的字符或层次过深，没有做任何改动。", "It holds characters that cannot be kept, or is nested too deep. Nothing was changed.")
    if depth > 12:
        raise bad
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value) or len(value) > 100_000:
            raise bad
        return value
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        if abs(value) > 2**53:
            raise bad
        return value
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise bad
        return value
    if isinstance(value, dict):
        return {usable(str(k), depth + 1): usable(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [usable(v, depth + 1) for v in value]
    raise bad
