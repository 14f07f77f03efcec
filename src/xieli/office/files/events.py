"""Acts on files, as the ledger writes them. Names of files are content and stay out of it."""
from __future__ import annotations

from xieli.engines.ledger import register

register("file.received", {"file": "ref", "size": "int", "media": "text", "digest": "text", "source": "ref?"},
         zh="{by} 在 {matters} 接收材料 {file}（{media}，{size} 字节，地址 {digest}，复制自 {source}）", en="{by} received file {file} on {matters} ({media}, {size} bytes, address {digest}, copied from {source})")
register("file.taken", {"file": "ref", "purpose": "code"}, zh="{by} 下载 {matters} 的材料 {file}（用途 {purpose}）", en="{by} downloaded file {file} of {matters} (purpose {purpose})")
register("custody.entered", {"file": "ref", "kind": "code", "at": "instant"}, zh="{by} 在 {matters} 的材料 {file} 保管记录登记 {kind}（{at}）", en="{by} entered {kind} in the custody log of file {file} of {matters} ({at})")
register("exhibit.judged", {"file": "ref", "verdict": "code", "flagged": "int"}, zh="{by} 认定 {matters} 的材料 {file} 为 {verdict}（标出依据它的 {flagged} 项）",
         en="{by} judged file {file} of {matters} {verdict} ({flagged} things that rely on it flagged)")
register("exhibit.cited", {"file": "ref", "kind": "code", "ref": "ref"}, zh="{by} 登记 {kind} {ref} 依据 {matters} 的材料 {file}", en="{by} recorded that {kind} {ref} relies on file {file} of {matters}")
register("files.compared", {"handover": "ref", "listed": "int", "differences": "int"}, zh="{by} 核对移送 {handover} 的清单：{listed} 件，不一致 {differences} 件（{matters}）",
         en="{by} compared the list of hand-over {handover}: {listed} files, {differences} differ ({matters})")
