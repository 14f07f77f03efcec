"""Notifications in words: made when they are read, and silent about matters that the reader may no longer see."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xieli.faces.web.templatetags.xieli import named
from xieli.office.ids import to_ref
from xieli.office.matters.services.playbooks import shipped
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.desk import Notification
from xieli.office.matters.tables.handover import Handover

KINDS = {
    "approval_waiting": _("有一件请示等您审批"), "handover_arrived": _("有一件移送待签收"), "designated": _("本机构被指定管辖一件事项"),
    "handover_opened": _("您移送的事项已被拆阅"), "handover_accepted": _("您移送的事项已受理"), "handover_returned": _("您移送的事项被退回"),
    "handover_redirected": _("您移送的事项已转办"), "feedback": _("您移送的事项有了反馈"), "reminder": _("移送方催办"), "alarm": _("警示"),
    "reporter_asked": _("反映人信息库有一个申请等您同意"), "reporter_released": _("您申请查看反映人已获同意"), "reporter_refused": _("您申请查看反映人未获同意"),
    "factor_reset": _("您的第二因素已由两人重置；如非您本人要求，请立即报告"),
    "clock_alarm": _("期限将到或已到"), "feedback_overdue": _("反馈已逾期"),
    "match_run": _("您申请的碰撞运行已结束"), "tripwire": _("绊线复查有结果"), "exhibit_forged": _("依据的材料被认定伪造"),
    "export_ended": _("您申请的后台导出已结束"), "access_ending": _("有承办权限将在三十日内到期，须由领导逐件续期或任其终止"),
    "match_sign": _("有一份碰撞授权等您签批"), "match_in_force": _("碰撞授权已由两人签批，现已生效"), "match_ends": _("碰撞授权即将到期"),
    "match_destroyed": _("碰撞数据已按期销毁，记录保留"), "model_suspended": _("一个碰撞模型因误报过多已暂停"), "hit_withdrawn": _("线索所依据的疑点已被改判，请重新核对"),
}

# why a person is told: shown under the sentence, so that nobody has to guess
REASONS = {
    "approval_waiting": _("您的职务在这件请示的审批环节中"), "handover_arrived": _("您在接收机构的收件岗位"), "designated": _("您在被指定的机构任职"),
    "handover_opened": _("您发出了这件移送"), "handover_accepted": _("您发出了这件移送"), "handover_returned": _("您发出了这件移送"), "handover_redirected": _("您发出了这件移送"),
    "reporter_asked": _("您保管反映人信息库的一把钥匙"), "reporter_released": _("您提出了这项申请"), "reporter_refused": _("您提出了这项申请"), "match_run": _("您提出了这次运行"),
    "export_ended": _("您提出了这次导出"), "factor_reset": _("这是您的账号"), "access_ending": _("您承办或分管其中的事项"), "tripwire": _("您承办或分管这件事项"), "exhibit_forged": _("您承办或分管这件事项"), "feedback": _("您在移送方"), "reminder": _("您在承办机构的收件岗位"), "match_sign": _("您是承办机构的负责人，可以签批"), "match_in_force": _("您提出或使用这份授权"), "match_ends": _("您提出或使用这份授权"),
    "match_destroyed": _("您提出、使用或签批了这份授权"), "model_suspended": _("您使用或签批的授权列有这个模型"), "hit_withdrawn": _("您承办或分管这件事项"), "alarm": _("您承办或分管这件事项"), "clock_alarm": _("您承办或分管这件事项"), "feedback_overdue": _("您的机构欠或应得这项反馈"),
}


@dataclass(frozen=True)
class Told:
    """One notification as it reads now."""

    row: Notification
    text: str
    url: str
    why: str = ""


def _message(row: Notification) -> str:
    """What a playbook sends, by the name it gives the message."""
    playbook = shipped().get(str(row.fields.get("kind")))
    return str(named(playbook.messages.get(str(row.fields.get("message"))))) if playbook else ""


def sentences(rows: Iterable[Notification]) -> list[Told]:
    """Words and addresses; a matter that is not visible now is only “a matter”."""
    rows = list(rows)
    titles = {m.id: m for m in Matter.objects.filter(id__in=[r.matter_id for r in rows if r.matter_id])}
    parcels = {int(r.fields["handover"]) for r in rows if r.fields.get("handover")}
    parcels = set(Handover.objects.filter(id__in=parcels).values_list("id", flat=True)) if parcels else parcels
    found = []
    for row in rows:
        text = str(KINDS.get(row.kind) or _message(row) or _("有新的动态"))
        matter = titles.get(row.matter_id) if row.matter_id else None
        url = reverse("matter", args=[to_ref(matter.id)]) if matter else ""
        if row.fields.get("approval") and matter:
            url = reverse("approval", args=[to_ref(int(row.fields["approval"]))])
        elif row.kind == "clock_alarm" and row.fields.get("level"):
            text = str(_("期限已到") if int(row.fields["level"]) >= 2 else _("期限将到"))
        elif row.fields.get("handover"):
            # who could see the parcel when he was told may be recused from it since
            url = "" if int(row.fields["handover"]) not in parcels else reverse("parcel", args=[to_ref(int(row.fields["handover"]))])
        elif row.fields.get("run") and matter:
            url = reverse("desk_progress", args=[to_ref(int(row.fields["run"]))])
        elif row.fields.get("authorization") and matter:
            url = reverse("desk_authorization", args=[to_ref(int(row.fields["authorization"]))])
            if row.fields.get("on"):
                text = str(_("碰撞授权将于 %(day)s 到期") % {"day": row.fields["on"]})
        elif row.kind == "model_suspended" and row.fields.get("model"):
            url = reverse("desk_model", args=[row.fields["model"]])
        elif row.kind == "export_ended" and row.fields.get("export"):
            url = reverse("export", args=[to_ref(int(row.fields["export"]))])
        elif row.kind == "access_ending":
            url = reverse("access_endings")
        elif row.kind.startswith("reporter_"):
            url = reverse("reporters")
        found.append(Told(row, f"{text} · {matter.title}" if matter else text, url, str(REASONS.get(row.kind, ""))))
    return found
