"""The kernel's acts, as the ledger writes them: closed fields, and the sentence a person reads."""
from __future__ import annotations

from xieli.engines.ledger import register

register("matter.opened", {"kind": "code", "number": "text?", "body": "ref", "level": "int"},
         zh="{by} 登记事项 {matters}（{kind}，编号 {number}，机构 {body}，密级 {level}）", en="{by} opened {matters} ({kind}, number {number}, body {body}, level {level})")
register("matter.moved", {"move": "code", "from_stage": "text?", "to_stages": "text*", "approval": "ref?", "happened": "instant?"},
         zh="{by} 办理 {matters}：{move}（{from_stage} → {to_stages}，审批 {approval}，发生于 {happened}）",
         en="{by} moved {matters}: {move} ({from_stage} → {to_stages}, approval {approval}, happened {happened})")
register("matter.by_itself", {"move": "code"}, zh="{matters} 到期自动：{move}（以 {by} 的权限执行，无人操作）", en="{matters} went on by itself: {move} (carried with the authority of {by}; nobody acted)")
register("matter.edited", {"fields": "text*"}, zh="{by} 修改 {matters} 的 {fields}", en="{by} edited {fields} of {matters}")
register("matter.linked", {"kind": "code", "target": "ref"}, zh="{by} 将 {matters} 与 {target} 关联（{kind}）", en="{by} linked {matters} to {target} ({kind})")
register("subject.added", {"subject": "ref", "kind": "code", "role": "code"}, zh="{by} 在 {matters} 登记对象 {subject}（{kind}，{role}）", en="{by} added subject {subject} to {matters} ({kind}, {role})")
register("form.submitted", {"form": "code", "revision": "int", "digest": "text"}, zh="{by} 提交 {matters} 的表单 {form} 第 {revision} 稿（摘要 {digest}）",
         en="{by} submitted form {form} of {matters}, revision {revision} (digest {digest})")
register("fact.retracted", {"fact": "ref", "code": "code"}, zh="{by} 撤回 {matters} 的事实 {code}（{fact}）", en="{by} retracted fact {code} ({fact}) of {matters}")
register("outcome.recorded", {"outcome": "ref", "kind": "code", "subject": "ref?", "on": "text"}, zh="{by} 登记 {matters} 的结果 {kind}（{outcome}，对象 {subject}，{on}）",
         en="{by} recorded outcome {kind} ({outcome}) of {matters}, subject {subject}, {on}")
register("task.set", {"task": "ref", "assignee": "ref?"}, zh="{by} 在 {matters} 交办任务 {task} 给 {assignee}", en="{by} set task {task} on {matters} for {assignee}")
register("task.done", {"task": "ref"}, zh="{by} 办结 {matters} 的任务 {task}", en="{by} finished task {task} of {matters}")
register("note.written", {"note": "ref"}, zh="{by} 在 {matters} 写下记录 {note}", en="{by} wrote note {note} on {matters}")
register("clock.started", {"clock": "ref", "rule": "text", "at": "instant"}, zh="{matters} 的期限 {rule} 于 {at} 起算（{clock}，{by}）", en="clock {clock} ({rule}) of {matters} started at {at} by {by}")
register("clock.moved", {"clock": "ref", "kind": "code", "at": "instant", "ground": "text?", "approval": "ref?"},
         zh="{by} 对 {matters} 的期限 {clock} 登记 {kind}（{at}，理由 {ground}，审批 {approval}）", en="{by} recorded {kind} on clock {clock} of {matters} at {at} (ground {ground}, approval {approval})")
register("approval.requested", {"approval": "ref", "act": "text", "subject": "ref?", "digest": "text"}, zh="{by} 就 {matters} 请示 {act}（{approval}，对象 {subject}，内容摘要 {digest}）",
         en="{by} requested approval {approval} of {act} on {matters} (subject {subject}, digest {digest})")
register("approval.decided", {"approval": "ref", "act": "text", "verdict": "code", "snapshot": "text?", "paper_no": "text?", "as_deputy": "bool?"},
         zh="{by} 对 {matters} 的 {act} 作出 {verdict}（{approval}，当时所见 {snapshot}，纸质 {paper_no}，代理 {as_deputy}）",
         en="{by} decided {verdict} on {act} of {matters} (approval {approval}, snapshot {snapshot}, paper {paper_no}, as deputy {as_deputy})")
register("approval.withdrawn", {"approval": "ref", "act": "text"}, zh="{by} 撤回 {matters} 的请示 {act}（{approval}）", en="{by} withdrew approval {approval} of {act} on {matters}")
register("handover.sent", {"handover": "ref", "to_body": "ref", "kind": "code", "receipt": "text", "index": "text"},
         zh="{by} 将 {matters} 移送 {to_body}（{kind}，回执 {receipt}，清单摘要 {index}，{handover}）", en="{by} handed {matters} over to {to_body} ({kind}, receipt {receipt}, index {index}, {handover})")
register("handover.stepped", {"handover": "ref", "verdict": "code", "to_body": "ref?", "receipt": "text?"},
         zh="{by} 对移送 {handover}（{matters}）作出 {verdict}（转 {to_body}，回执 {receipt}）", en="{by} recorded {verdict} on hand-over {handover} of {matters} (to {to_body}, receipt {receipt})")
register("feedback.given", {"duty": "ref", "final": "bool"}, zh="{by} 就 {matters} 反馈（{duty}，最终 {final}）", en="{by} reported back on {matters} (duty {duty}, final {final})")
register("feedback.waived", {"duty": "ref", "reason": "text"}, zh="{by} 免除 {matters} 的反馈 {duty}：{reason}", en="{by} waived duty {duty} of {matters}: {reason}")
register("reminder.sent", {"kind": "code", "handover": "ref?"}, zh="{by} 对 {matters} 发出 {kind}（移送 {handover}）", en="{by} sent a {kind} on {matters} (hand-over {handover})")
register("designation.executed", {"approval": "ref", "body": "ref"}, zh="{by} 执行对 {matters} 的指定管辖：{body}（审批 {approval}）", en="{by} executed the designation of {matters} to {body} (approval {approval})")
register("competence.recorded", {"kind": "code", "body": "ref", "document": "text"}, zh="{by} 登记 {matters} 的管辖依据 {kind}：{body}（{document}）", en="{by} recorded competence basis {kind} of {matters}: {body} ({document})")
register("notice.excepted", {"to": "text", "approval": "ref", "ask_again": "instant"}, zh="{by} 就 {matters} 经批准（{approval}）暂不通知 {to}，{ask_again} 再问",
         en="{by} put off telling {to} on {matters} with approval {approval}, to be asked again at {ask_again}")
register("notice.given", {"occasion": "code", "to": "text"}, zh="{by} 就 {matters} 通知 {to}（{occasion}）", en="{by} gave notice on {matters} to {to} ({occasion})")
register("measure.taken", {"measure": "ref", "kind": "code", "subject": "ref", "at": "instant", "late": "bool"}, zh="{by} 对 {matters} 的 {subject} 采取 {kind}（{measure}，{at}，补录 {late}）",
         en="{by} took measure {kind} ({measure}) on {subject} of {matters} at {at} (late record {late})")
register("measure.ended", {"measure": "ref", "reason": "text", "at": "instant"}, zh="{by} 解除 {matters} 的措施 {measure}（{reason}，{at}）", en="{by} ended measure {measure} of {matters} ({reason}) at {at}")
register("presence.opened", {"presence": "ref", "subject": "ref", "basis": "text", "at": "instant"}, zh="{by} 开始对 {matters} 的 {subject} 到场计时（{presence}，依据 {basis}，{at}）",
         en="{by} opened presence {presence} of {subject} on {matters} (basis {basis}) at {at}")
register("presence.entered", {"presence": "ref", "kind": "code"}, zh="{by} 在 {matters} 的到场记录 {presence} 登记 {kind}", en="{by} entered {kind} in presence {presence} of {matters}")
register("presence.assessed", {"presence": "ref", "risk": "code"}, zh="{by} 评估 {matters} 到场记录 {presence} 的风险：{risk}", en="{by} assessed the risk of presence {presence} on {matters}: {risk}")
register("presence.closed", {"presence": "ref", "at": "instant"}, zh="{by} 结束 {matters} 的到场计时 {presence}（{at}）", en="{by} closed presence {presence} of {matters} at {at}")
register("team.joined", {"team": "ref", "person": "ref", "slot": "code", "approval": "ref?"}, zh="{by} 将 {person} 编入 {matters} 的队伍 {team}（{slot}，审批 {approval}）",
         en="{by} added {person} to team {team} of {matters} as {slot} (approval {approval})")
register("team.left", {"team": "ref", "person": "ref"}, zh="{by} 结束 {person} 在 {matters} 队伍 {team} 的工作", en="{by} ended the work of {person} in team {team} of {matters}")
register("import.posted", {"batch": "ref", "received": "int", "accepted": "int", "refused": "int", "sealed": "int", "file": "text"},
         zh="{by} 导入台账 {batch}：收到 {received}＝入账 {accepted}＋退回 {refused}＋密封 {sealed}（{file}，{matters}）",
         en="{by} imported ledger {batch}: received {received} = accepted {accepted} + refused {refused} + sealed {sealed} ({file}, {matters})")
register("import.undone", {"batch": "ref"}, zh="{by} 撤销导入 {batch}（{matters}）", en="{by} undid import {batch} ({matters})")
register("handed_up", {"to_body": "ref", "receipt": "text"}, zh="{by} 密封上报 {to_body}，本级不留内容（收据 {receipt}）", en="{by} sent a sealed hand-up to {to_body}; nothing is kept here (receipt {receipt})")
register("alarm.answered", {"alarm": "ref"}, zh="{by} 处置 {matters} 的警示 {alarm}", en="{by} answered alarm {alarm} of {matters}")
register("knower.added", {"grant": "ref", "principal": "ref", "kind": "code", "basis": "text"}, zh="{by} 将 {principal} 列入 {matters} 的知悉范围（{kind}，依据 {basis}，{grant}）",
         en="{by} added {principal} to the knowers of {matters} ({kind}, basis {basis}, {grant})")
register("knower.removed", {"grant": "ref", "reason": "text?"}, zh="{by} 终止 {matters} 的知悉权限 {grant}（{reason}）", en="{by} ended access {grant} to {matters} ({reason})")
register("knower.renewed", {"grant": "ref", "of": "ref", "reason": "text"}, zh="{by} 将 {matters} 的知悉权限 {of} 续期一年为 {grant}（{reason}）", en="{by} renewed access {of} to {matters} for a year as {grant} ({reason})")
register("recusal.asked", {"recusal": "ref", "principal": "ref", "ground": "code"}, zh="{by} 就 {matters} 提出 {principal} 回避（{ground}，{recusal}）", en="{by} asked that {principal} be recused from {matters} ({ground}, {recusal})")
register("recusal.answered", {"recusal": "ref", "verdict": "code"}, zh="{by} 对 {matters} 的回避 {recusal} 作出 {verdict}", en="{by} decided {verdict} on recusal {recusal} of {matters}")
register("register.exported", {"register": "code", "rows": "int", "purpose": "text"}, zh="{by} 导出台账 {register} 共 {rows} 条，用途：{purpose}（{matters}）",
         en="{by} took {rows} rows of the register {register} out as a sheet for “{purpose}” ({matters})")
register("bodies.merge_asked", {"request": "ref", "old": "ref", "heir": "ref", "on": "text", "document": "text"},
         zh="{by} 提请将机构 {old} 并入 {heir}（{on}，{document}，{request}）", en="{by} asked to merge body {old} into {heir} ({on}, {document}, {request})")
register("bodies.merge_decided", {"request": "ref", "agreed": "bool", "matters_moved": "int"},
         zh="{by} 对机构合并 {request} 作出决定（同意 {agreed}，移转事项 {matters_moved}）", en="{by} decided on merger {request} (agreed {agreed}, {matters_moved} matters moved)")
