"""Acts about how one is told."""
from __future__ import annotations

from xieli.engines.ledger import register

register("notice.read", {"number": "int"}, zh="{by} 将 {number} 条通知标为已读", en="{by} marked {number} notifications as read")
register("notice.muted", {"kind": "code", "on": "bool"}, zh="{by} 静音 {kind}：{on}", en="{by} muted {kind}: {on}")
register("notice.chosen", {"mail": "bool", "how": "code"}, zh="{by} 设置通知方式（邮件 {mail}，{how}）", en="{by} chose how to be told (mail {mail}, {how})")
register("feed.made", {"feed": "ref"}, zh="{by} 生成日历地址 {feed}", en="{by} made calendar address {feed}")
register("feed.ended", {"number": "int"}, zh="{by} 作废日历地址（{number} 个）", en="{by} revoked calendar addresses ({number})")
register("feed.read", {"feed": "ref", "deadlines": "int"}, zh="{by} 的日历地址 {feed} 被读取（{deadlines} 个期限）", en="calendar address {feed} of {by} was read ({deadlines} deadlines)")
