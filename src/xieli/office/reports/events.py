"""Acts of figures."""
from __future__ import annotations

from xieli.engines.ledger import register

register("report.read", {"report": "text", "first": "date", "last": "date"}, zh="{by} 查看报表 {report}（{first}–{last}）", en="{by} read report {report} ({first}–{last})")
register("opening.signed", {"metric": "text", "first": "date", "until": "date"}, zh="{by} 签署期初数 {metric}（{first}–{until}）", en="{by} signed an opening balance of {metric} ({first}–{until})")
register("report.asked", {"release": "ref", "report": "text"}, zh="{by} 提请发布报表 {report}（{release}）", en="{by} asked for the release of report {report} ({release})")
register("report.passed", {"release": "ref", "verdict": "code"}, zh="{by} 对发布 {release} 作出 {verdict}", en="{by} decided {verdict} on release {release}")
register("report.taken", {"report": "text", "first": "date", "last": "date"}, zh="{by} 导出报表 {report}（{first}–{last}）", en="{by} took out report {report} ({first}–{last})")
register("report.exported", {"report": "text", "first": "date", "last": "date", "objects": "int"}, zh="{by} 以 {report} 格式导出 {matters}（{first}–{last}，{objects} 个对象）", en="{by} exported {matters} as {report} ({first}–{last}, {objects} objects)")
register("assessment.signed", {"release": "ref", "report": "text", "digest": "text"}, zh="{by} 签发考核报送件 {report}（{release}，摘要 {digest}）", en="{by} signed out {report} for the assessment ({release}, digest {digest})")
