"""Acts that belong to no single room: looking, exporting, and the ledger's own."""
from __future__ import annotations

from xieli.engines.ledger import register

# ── looks: one event per request (DESIGN.md §5) ──
register("matter.look", {"purpose": "code"}, zh="{by} 查看了 {matters}（目的：{purpose}）", en="{by} opened {matters} (purpose: {purpose})")
# what was typed to look for somebody is mostly a name or a number of his: a personal part, which two persons can erase while every proof holds
register(
    "matter.list", {"purpose": "code"}, personal=("asked",),
    zh="{by} 在列表中看到 {matters} 的内容（目的：{purpose}；条件：{personal.asked}）",
    en="{by} saw {matters} in a list (purpose: {purpose}; asked: {personal.asked})",
)
register(
    "matter.missed", {"purpose": "code"}, personal=("asked",),
    zh="{by} 查询“{personal.asked}”，没有可见的结果（目的：{purpose}）", en="{by} asked for “{personal.asked}” and nothing was found (purpose: {purpose})",
)

# ── the ledger about itself ──
register(
    "audit.exported", {"rows": "int", "last_seal": "int", "with_personal": "bool"},
    zh="{by} 导出审计记录 {rows} 行，至封存 {last_seal}（含个人信息：{with_personal}）",
    en="{by} exported {rows} rows of the ledger up to seal {last_seal} (personal parts included: {with_personal})",
)
register(
    "audit.witness_taken", {"first_seal": "int", "last_seal": "int", "to": "text"},
    zh="{by} 将封存 {first_seal}–{last_seal} 交 {to} 见证", en="{by} gave seals {first_seal}–{last_seal} to {to} as a witness",
)
register("audit.alarm", {"kind": "code", "zh": "text", "en": "text"}, zh="告警（{kind}）：{zh}", en="Alarm ({kind}): {en}", internal=True)
register(
    "audit.alarm_closed", {"alarm": "ref", "remark": "text"}, zh="{by} 关闭告警 {alarm}：{remark}", en="{by} closed alarm {alarm}: {remark}",
    internal=True,
)
register(
    "audit.erasure_ordered", {"event": "code", "part": "code", "basis": "text"},
    zh="{by} 提出删除记录 {event} 的个人信息项 {part}（依据：{basis}）", en="{by} ordered the personal part {part} of event {event} erased (basis: {basis})",
    internal=True,
)
register(
    "audit.erased", {"event": "code", "part": "code", "basis": "text", "ordered_by": "ref"},
    zh="{by} 批准由 {ordered_by} 提出的删除：记录 {event} 的个人信息项 {part}（依据：{basis}）",
    en="{by} approved what {ordered_by} ordered: the personal part {part} of event {event} is erased (basis: {basis})",
    internal=True,
)
register(
    "audit.trail_read", {"since": "instant", "until": "instant", "rows": "int"},
    zh="{by} 查阅 {since} 至 {until} 的办理轨迹 {rows} 条（不含内容）", en="{by} read {rows} entries of the trail from {since} to {until} (without content)",
)
