"""What a tripwire's relapse does to a recommendation: its item is hung up again as a rectification that a person decides on.

A relapse says that the weakness is back, not that anybody did wrong. So the item stands again at its first step, “enter the
problem”, with a task that says what was found; whether it is rectified, merged or dropped is a person's act (DESIGN §12).
"""
from __future__ import annotations

from xieli.office.matters.services import leads, tasks
from xieli.office.matters.tables.core import Matter, MatterLink


def reopen_item(recommendation: Matter, item: str, relapses: int) -> str:
    """Hang the item up again, once while it is open; also where the recommendation was closed. Returns what was done, or nothing."""
    if recommendation.kind != "recommendation":
        return ""
    name = f"绊线报警复挂：{item}"[:300]
    found = MatterLink.objects.filter(source=recommendation, kind="follow_up", target__kind="rectification", target__title=name, target__status="open").select_related("target").first()
    again = found.target if found else leads.spawn(recommendation, "rectification", "follow_up", owner=recommendation.owner_body_id, title=name, copy_subjects=False)
    tasks.assign(again, f"绊线再查出同类情况 {relapses} 条，请核实后决定是否整改（疑点不是结论） / the tripwire found {relapses} more: verify, then decide (a hit is no finding)")
    return "under_way" if found else "reopened"
