"""Acts of the reporters' store, all written by the database's own functions. No field holds a word that somebody typed."""
from __future__ import annotations

from xieli.engines.ledger import register

_REQUEST = {"code": "text", "request": "ref"}
register("reporter.key_made", {"holder": "ref", "side": "code"}, zh="{by} 设立反映人信息保管密钥 {holder}（{side}）", en="{by} made a key {holder} for the reporters' store ({side})", internal=True)
register("reporter.key_ended", {"holder": "ref", "person": "ref"}, zh="{by} 停用 {person} 的保管密钥 {holder}", en="{by} ended the key {holder} of {person}", internal=True)
register("reporter.key_handed_on", {"holder": "ref", "reports": "int"}, zh="{by} 把 {reports} 件的半份密钥转给 {holder}", en="{by} handed the halves of {reports} reports on to {holder}", internal=True)
register("reporter.taken_in", {"code": "text", "named": "bool"}, zh="{by} 登记反映人 {code}（实名：{named}）", en="{by} took in reporting person {code} (named: {named})", internal=True)
register("reporter.asked", {**_REQUEST, "purpose": "code"}, zh="{by} 申请查看反映人 {code}（{purpose}；申请 {request}）", en="{by} asked who reporting person {code} is ({purpose}; request {request})", internal=True)
register("reporter.handed", {**_REQUEST, "side": "code"}, zh="{by} 同意并交出反映人 {code} 的半份密钥（{side}；申请 {request}）",
         en="{by} approved and handed over a half for reporting person {code} ({side}; request {request})", internal=True)
register("reporter.refused", _REQUEST, zh="{by} 不同意查看反映人 {code}（申请 {request}）", en="{by} refused to show reporting person {code} (request {request})", internal=True)
register("reporter.withdrawn", _REQUEST, zh="{by} 撤回查看反映人 {code} 的申请 {request}", en="{by} withdrew the request {request} for reporting person {code}", internal=True)
register("reporter.shown", {**_REQUEST, "purpose": "code"}, zh="{by} 查看了反映人 {code} 的身份（{purpose}；申请 {request}）",
         en="{by} was shown who reporting person {code} is ({purpose}; request {request})", internal=True)
register("reporter.closed", _REQUEST, zh="{by} 办结查看反映人 {code} 的申请 {request}", en="{by} closed the request {request} for reporting person {code}", internal=True)
register("reporter.extract_drafted", {"code": "text", "warned": "int"}, zh="{by} 拟写反映人 {code} 的摘录（提醒 {warned} 处）", en="{by} drafted the extract of {code} ({warned} warnings)", internal=True)
register("reporter.extract_decided", {"code": "text", "verdict": "code"}, zh="{by} 审定反映人 {code} 的摘录：{verdict}", en="{by} decided on the extract of {code}: {verdict}", internal=True)
register("reporter.answered", {"code": "text", "how": "code"}, zh="{by} 已答复反映人 {code}（{how}）", en="{by} answered reporting person {code} ({how})", internal=True)
register("reporter.erasure_ordered", {"code": "text"}, zh="{by} 提出删除反映人 {code} 的身份", en="{by} ordered the identity of reporting person {code} erased", internal=True)
register("reporter.erased", {"code": "text"}, zh="{by} 批准删除反映人 {code} 的身份", en="{by} approved: the identity of reporting person {code} is erased", internal=True)
register("reporter.recovered", {"code": "text", "custodians": "text"}, zh="保管人 {custodians} 应急打开反映人 {code} 的身份", en="Custodians {custodians} opened the identity of reporting person {code} in an emergency",
         internal=True)
