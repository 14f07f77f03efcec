"""Acts of administrators."""
from __future__ import annotations

from xieli.engines.ledger import register

register("person.added", {"person": "ref"}, zh="{by} 登记人员 {person}", en="{by} added person {person}")
register("duty.proposed", {"posting": "ref", "person": "ref", "office": "ref"}, zh="{by} 提出 {person} 任 {office}（{posting}）", en="{by} proposed {person} for office {office} ({posting})")
register("duty.confirmed", {"posting": "ref"}, zh="{by} 确认任职 {posting}", en="{by} confirmed duty {posting}")
register("duty.ended", {"posting": "ref"}, zh="{by} 结束任职 {posting}", en="{by} ended duty {posting}")
register("account.enrolled", {"person": "ref"}, zh="{by} 为 {person} 开通账号", en="{by} enrolled {person}")
register("account.disabled", {"person": "ref"}, zh="{by} 停用 {person} 的账号", en="{by} disabled the account of {person}")
register("session.ended", {"session": "ref"}, zh="{by} 结束自己的会话 {session}", en="{by} ended own session {session}")
register("account.linked", {"person": "ref"}, zh="{by} 把统一认证身份关联到 {person}", en="{by} linked an identity at the provider to {person}")
