"""The left column: at most eight entries, only what this person can use; what is more stands in the smaller list below."""
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
    under: object = ""  # the heading of the smaller list; empty: at its head, without one


CASE = frozenset({"head", "deputy", "room_head", "handler", "clerk", "case_duty", "intake", "analyst", "adjudicator", "town_secretary", "inspection_leader"})
OPENERS = CASE | {"village_supervisor"}  # who opens a matter of another kind than a lead
ADMINS = frozenset({"system_admin", "security_admin", "audit_admin"})

ENTRIES: tuple[Entry, ...] = (
    Entry("workbench", _("工作台")),
    Entry("leads", _("线索"), CASE),
    Entry("sent", _("移送"), CASE),
    Entry("designation", _("管辖"), frozenset({"head", "deputy", "room_head", "case_duty"})),
    Entry("matters", _("事项"), CASE | {"rights_officer", "keeper"}),
    Entry("reporters", _("反映人"), frozenset({"keeper"})),
    Entry("checks", _("检查"), CASE),
    Entry("remedy", _("整改"), CASE | {"unit_liaison"}),
    Entry("desk", _("碰撞"), frozenset({"analyst", "head", "deputy", "room_head", "handler"})),
    Entry("meetings", _("会商"), CASE),
    Entry("reports", _("统计"), frozenset({"head", "deputy", "room_head", "clerk", "case_duty"})),
    Entry("village", _("随手记"), frozenset({"village_supervisor"})),
    Entry("audit", _("审计"), frozenset({"audit_admin"})),
    Entry("admin", _("管理"), ADMINS),
)
MOST = 8  # what one takes in at a glance (ux.md §5.1)
# who could use more than that finds these at the head of the smaller list: looked at by the week, not by the hour
YIELDING = ("meetings", "checks", "desk", "remedy")
# who leads a body signs, reads figures and sits in meetings before he registers or matches anything; a phone shows the first four
LEADERS = frozenset({"head", "deputy"})
LEADERS_FIRST = ("workbench", "matters", "designation", "reports", "meetings", "leads", "sent", "remedy")
LEADERS_YIELDING = ("desk", "checks")
# reference and desk pages, shown smaller below, each under its heading
WORK, FORCE, FIELD, REFORM, PEOPLE, OWN, BOOK = _("管辖与联系"), _("力量与均衡"), _("现场"), _("整治与促改"), _("权利与保护"), _("自己的"), _("查阅")
HEADED = 7  # a list shorter than this needs no headings
MORE: tuple[Entry, ...] = (
    Entry("forces", _("力量"), frozenset({"head", "deputy", "room_head", "case_duty"}), under=FORCE),
    Entry("staffing_desk", _("配员与派员"), frozenset({"head", "deputy", "room_head", "case_duty"}), under=FORCE),
    Entry("duties", _("联系单位履责"), frozenset({"head", "deputy", "room_head", "handler"}), under=WORK),
    Entry("campaigns", _("专项整治与包抓"), CASE | {"unit_liaison"}, under=REFORM),
    Entry("analysis", _("以案促改与研判"), CASE, under=REFORM),
    Entry("projects", _("挂图作战"), CASE | {"unit_liaison"}, under=FIELD),
    Entry("water", _("水质断面"), CASE, under=FIELD),
    Entry("catalogues", _("“小切口”目录"), frozenset({"head", "deputy", "room_head", "handler", "clerk"}), under=REFORM),
    Entry("areas", _("片区与均衡"), frozenset({"head", "deputy", "room_head", "case_duty"}), under=FORCE),
    Entry("green_channel", _("绿色通道"), frozenset({"room_head", "handler", "case_duty", "head", "deputy"}), under=WORK),
    Entry("rights", _("权利事项"), frozenset({"rights_officer", "case_duty", "head"}), under=PEOPLE),
    Entry("owed", _("欠人账"), CASE | {"rights_officer"}, under=PEOPLE),
    Entry("glass", _("破窗与回避待决"), frozenset({"head", "deputy", "room_head"}), under=PEOPLE),
    Entry("reporters", _("反映人"), frozenset({"intake", "head", "deputy", "room_head", "handler"}), under=PEOPLE),
    Entry("drafts", _("草稿"), CASE | {"rights_officer"}, under=OWN),
    Entry("clients", _("接口与回调"), ADMINS | {"head", "town_secretary"}, under=OWN),
    Entry("bodies", _("机构与片区"), under=BOOK),
    Entry("playbooks", _("流程"), under=BOOK),
    Entry("calendar", _("日历"), under=BOOK),
)


def menu_for(who: Me, path: str) -> list[dict[str, object]]:
    """Entries this person can use, at most eight; one whose screen does not exist is not shown."""
    return _usable(_split(who)[0], who, path)


def more_for(who: Me, path: str) -> list[dict[str, object]]:
    """The smaller list below the menu, cut to the person in the same way, as groups: `under` is the heading (none: at the head of the list),
    `entries` its pages, `open` whether one of them is on the screen. A short list is one group."""
    found = _usable((*_split(who)[1], *MORE), who, path)
    if len(found) < HEADED:
        return [{"under": "", "entries": found, "open": True}] if found else []
    groups: list[dict[str, object]] = []
    for heading in ("", WORK, FORCE, FIELD, REFORM, PEOPLE, OWN, BOOK):
        entries = [e for e in found if e["under"] == heading]
        if entries:
            groups.append({"under": heading, "entries": entries, "open": any(e["here"] for e in entries)})
    return groups


def _split(who: Me) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """The menu in this person's order, and what yields to it."""
    mine = [e for e in ENTRIES if _usable((e,), who, "")]
    yielding = YIELDING
    if who.offices & LEADERS:
        mine.sort(key=lambda e: LEADERS_FIRST.index(e.name) if e.name in LEADERS_FIRST else len(LEADERS_FIRST))
        yielding = LEADERS_YIELDING
    over = {e.name for e in sorted((e for e in mine if e.name in yielding), key=lambda e: yielding.index(e.name))[: max(0, len(mine) - MOST)]}
    return tuple(e for e in mine if e.name not in over), tuple(e for e in mine if e.name in over)


def _usable(entries: tuple[Entry, ...], who: Me, path: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for entry in entries:
        if entry.offices and not entry.offices & who.offices:
            continue
        if not entry.offices and who.offices and who.offices <= ADMINS:
            continue
        try:
            url = reverse(entry.name)
        except NoReverseMatch:
            continue
        found.append({"url": url, "label": entry.label, "under": entry.under, "here": path == url or (url != "/" and path.startswith(url))})
    return found
