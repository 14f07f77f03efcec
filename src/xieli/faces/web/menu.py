"""The left column: at most eight entries, only what this person can use."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from xieli.faces.web.context import Me


@dataclass(frozen=True)
class Entry:
    """One entry: address name, label, the offices for which it is shown (empty: everyone)."""

    name: str
    label: object
    offices: frozenset[str] = frozenset()


CASE = frozenset({"head", "deputy", "room_head", "handler", "clerk", "case_duty", "intake", "analyst", "adjudicator", "town_secretary", "inspection_leader"})
ADMINS = frozenset({"system_admin", "security_admin", "audit_admin"})

ENTRIES: tuple[Entry, ...] = (
    Entry("workbench", _("工作台")),
    Entry("leads", _("线索"), CASE),
    Entry("sent", _("移送"), CASE),
    Entry("designation", _("管辖"), frozenset({"head", "deputy", "room_head", "case_duty"})),
    Entry("matters", _("事项"), CASE | {"rights_officer", "keeper"}),
    Entry("forces", _("力量"), frozenset({"head", "deputy", "room_head", "case_duty"})),
    Entry("checks", _("检查"), CASE),
    Entry("remedy", _("整改"), CASE | {"unit_liaison"}),
    Entry("desk", _("碰撞"), frozenset({"analyst", "head", "deputy", "room_head"})),
    Entry("meetings", _("会商"), CASE),
    Entry("reports", _("统计"), frozenset({"head", "deputy", "room_head", "clerk", "case_duty"})),
    Entry("village", _("随手记"), frozenset({"village_supervisor"})),
    Entry("audit", _("审计"), frozenset({"audit_admin"})),
    Entry("admin", _("管理"), ADMINS),
)
MOST = 10


def menu_for(who: Me, path: str) -> list[dict[str, object]]:
    """Entries this person can use; one whose screen does not exist is not shown."""
    found: list[dict[str, object]] = []
    for entry in ENTRIES:
        if entry.offices and not entry.offices & who.offices:
            continue
        if not entry.offices and who.offices and who.offices <= ADMINS:
            continue
        try:
            url = reverse(entry.name)
        except NoReverseMatch:
            continue
        found.append({"url": url, "label": entry.label, "here": path == url or (url != "/" and path.startswith(url))})
    return found[:MOST]
