"""A measure's clock as a bar: from its start to its last legal mark, pauses hatched, what is over the limit red and hatched."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from xieli.faces.web.pictures.drawing import Drawing, table
from xieli.faces.web.pictures.svg import Picture, fit, wide

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Mark:
    """A legal mark on the bar: when, in words, and its article or approval number. `limit` marks end what is allowed."""

    at: datetime
    label: str
    basis: str = ""
    limit: bool = False


def measure_clock(title: str, start: datetime, marks: Sequence[Mark], now: datetime, pauses: Sequence[tuple[datetime, datetime | None]] = (), ended: datetime | None = None,
                  note: str = "") -> Drawing:
    """A linear bar. The elapsed part runs to `ended` or to now; a limit that lies before it shows what went over."""
    marks = sorted(marks, key=lambda m: m.at)
    end = ended or now
    last = max([end, *(m.at for m in marks)])
    width, left, bar = 760, 8, 44
    picture = Picture(width, 118, title)
    span = max((last - start).total_seconds(), 60)

    def x(at: datetime) -> float:
        return left + (width - 2 * left) * min(1.0, max(0.0, (at - start).total_seconds() / span))

    picture.rect(left, bar, width - 2 * left, 20, "track")
    limit = max((m.at for m in marks if m.limit), default=None)
    over = limit is not None and end > limit
    picture.rect(left, bar, x(limit if over and limit else end) - left, 20, "bar-owner", f"{_written(start)} – {_written(end)}")
    if over and limit:
        picture.rect(x(limit), bar, x(end) - x(limit), 20, "bar-over", _("超出期限"), hatched=True)
    for begins, ends in pauses:
        picture.rect(x(begins), bar, x(ends or end) - x(begins), 20, "bar-pause", f"{_('暂停')} {_written(begins)} – {_written(ends) if ends else ''}", hatched=True)
    edge = [-1.0, -1.0]
    for mark in marks:
        at, words = x(mark.at), fit(mark.label, 200)
        half = wide(words) / 2
        centre = min(max(at, left + half), width - left - half)
        row = 0 if centre - half > edge[0] + 8 else 1
        edge[row] = centre + half
        picture.line(at, bar - 6, at, bar + 26, "mark-limit" if mark.limit else "mark")
        picture.text(centre, 34 if row == 0 else 16, words, "axis", "middle")
    here = min(max(x(end), 60), width - 60)
    picture.mark(x(end), bar + 32, "c-grey" if ended else "c-blue", _written(end), "diamond")
    picture.text(here, bar + 54, f"{_('结束') if ended else _('现在')} {_written(end)}", "axis", "middle")
    picture.text(left, bar + 72, f"{_('起算')} {_written(start)}", "axis")
    picture.text(width - left, bar + 72, _written(last), "axis", "end")
    rows: list[tuple[str, str, str]] = [(_("起算"), _written(start), "")]
    rows += [(m.label, _written(m.at), m.basis) for m in marks]
    rows += [(_("暂停"), f"{_written(a)} – {_written(b) if b else ''}", "") for a, b in pauses]
    rows.append((_("结束") if ended else _("现在"), _written(end), _("超出期限") if over else ""))
    return Drawing(picture.render(), title, *table((_("时点"), _("时间"), _("依据")), rows), note)


def _written(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
