"""Acts of meeting series."""
from __future__ import annotations

from xieli.engines.ledger import register

register("series.founded", {"series": "text", "every": "code"}, zh="{by} 设立会议系列 {series}（{every}）", en="{by} founded the meeting series {series} ({every})")
register("series.ended", {"series": "text", "on": "date"}, zh="{by} 结束会议系列 {series}（{on}）", en="{by} ended the meeting series {series} ({on})")
