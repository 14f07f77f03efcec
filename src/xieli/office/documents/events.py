"""Acts of documents."""
from __future__ import annotations

from xieli.engines.ledger import register

register("document.issued", {"document": "code", "number": "text?", "format": "code", "purpose": "code", "digest": "text"},
         zh="{by} 就 {matters} 印发文书 {document}（文号 {number}，{format}，用途 {purpose}，摘要 {digest}）",
         en="{by} issued {document} on {matters} (number {number}, {format}, purpose {purpose}, digest {digest})")
register("document.printed", {"document": "code", "format": "code", "purpose": "code", "digest": "text"},
         zh="{by} 就 {matters} 打印文书草稿 {document}（{format}，用途 {purpose}，摘要 {digest}）",
         en="{by} printed a draft of {document} on {matters} ({format}, purpose {purpose}, digest {digest})")
