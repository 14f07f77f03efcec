"""The shelves of the playbook index, in the order in which a matter grows: by what a mechanism can do (the capabilities of the
seeds' catalogue, a few of them on one shelf each). A kind that no shelf names stands on the last one."""
from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from xieli.engines.identifiers import search_keys
from xieli.engines.playbooks import Playbook

GROUPS: tuple[tuple[object, frozenset[str]], ...] = (
    (_("线索、移送与管辖"), frozenset({"lead", "handover", "green_channel", "designation", "early_intervention", "notice", "unit_question", "similarity_note"})),
    (_("案件与联合审查调查"), frozenset({"case", "joint_case", "area_case", "assistance_request", "closing_in", "after_case", "recusal_decision", "paper_approval"})),
    (_("措施与期限"), frozenset({"liuzhi", "guanhu", "order_to_await", "compelled_appearance", "exit_ban", "freeze", "seizure"})),
    (_("权利与救济"), frozenset({"rights_intake", "measure_complaint", "reconsideration", "superior_review", "party_appeal", "exoneration"})),
    (_("力量、培训与人才库"), frozenset({"dispatch", "people_request", "posting", "training", "contest", "pool_membership"})),
    (_("巡察与联合检查"), frozenset({"inspection_round", "package_before_inspection", "joint_check", "unannounced_visit", "self_study", "small_cut"})),
    (_("项目、水质与基层监督"), frozenset({"project", "water_section", "village_visit", "village_expense", "committee_director"})),
    (_("建议、整改、评估与追责"), frozenset({"recommendation", "rectification", "evaluation", "accountability"})),
    (_("以案促改与警示教育"), frozenset({"reflection", "typical_case", "education_route"})),
    (_("专项整治与包抓"), frozenset({"campaign", "campaign_topic", "sweep", "charge"})),
    (_("会商、制度与协议"), frozenset({"meeting", "decision_task", "agreement", "charter", "rule_document", "reform_project"})),
)
REST = _("其他")


def shelves(playbooks: list[Playbook]) -> list[tuple[object, list[Playbook]]]:
    """The playbooks by shelf; empty shelves are left out."""
    named = frozenset().union(*(codes for _words, codes in GROUPS))
    found = [(words, [p for p in playbooks if p.code in codes]) for words, codes in GROUPS]
    found.append((REST, [p for p in playbooks if p.code not in named]))
    return [(words, held) for words, held in found if held]


def asked_for(playbook: Playbook, q: str) -> bool:
    """Whether a playbook answers what was typed: a part of its name or purpose in either language, or the initials of its name."""
    low = q.lower()
    label, about = playbook.label, playbook.about
    if low in label.zh.lower() or low in label.en.lower() or low in about.zh.lower() or low in about.en.lower():
        return True
    return q.isascii() and any(k.startswith(low) for k in search_keys(label.zh).initials)
