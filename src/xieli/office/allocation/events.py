"""Acts of allocation."""
from __future__ import annotations

from xieli.engines.ledger import register

register("readiness.confirmed", {"body": "ref", "by_phone": "bool"}, zh="{by} 确认 {body} 的承办条件（电话 {by_phone}）", en="{by} confirmed the readiness of {body} (by phone {by_phone})")
register("duty.called", {"body": "ref", "answer": "code"}, zh="{by} 就 {matters} 致电 {body}：{answer}", en="{by} rang {body} about {matters}: {answer}")
register("ranking.chosen", {"ranking": "ref", "body": "ref", "place": "int", "digest": "text"}, zh="{by} 为 {matters} 选择 {body}（排名 {place}，{ranking}，{digest}）", en="{by} chose {body} for {matters} (place {place}, {ranking}, {digest})")
