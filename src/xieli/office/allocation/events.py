"""Acts of allocation."""
from __future__ import annotations

from xieli.engines.ledger import register

register("readiness.confirmed", {"body": "ref", "by_phone": "bool"}, zh="{by} 确认 {body} 的承办条件（电话 {by_phone}）", en="{by} confirmed the readiness of {body} (by phone {by_phone})")
register("duty.called", {"body": "ref", "answer": "code"}, zh="{by} 就 {matters} 致电 {body}：{answer}", en="{by} rang {body} about {matters}: {answer}")
register("ranking.chosen", {"ranking": "ref", "body": "ref", "place": "int", "digest": "text"}, zh="{by} 为 {matters} 选择 {body}（排名 {place}，{ranking}，{digest}）", en="{by} chose {body} for {matters} (place {place}, {ranking}, {digest})")
register("plan.asked", {"run": "ref", "task": "code", "title": "text"}, zh="{by} 要求计算方案“{title}”（{task}，{run}）", en="{by} asked for a plan “{title}” ({task}, {run})")
register("plan.called_off", {"run": "ref"}, zh="{by} 要求停止计算 {run}", en="{by} called off the run {run}")
register("plan.ended", {"run": "ref", "state": "code", "violations": "int", "digest": "text"}, zh="计算 {run} 结束：{state}，核验不符 {violations} 项（{digest}）", en="The run {run} ended: {state}, {violations} violations ({digest})")
register("plan.proposed", {"version": "ref", "kind": "code", "digest": "text"}, zh="{by} 提出方案版本 {version}（{kind}，{digest}）", en="{by} put forward the version {version} ({kind}, {digest})")
register("plan.adopted", {"version": "ref", "kind": "code", "number": "int", "digest": "text"}, zh="{by} 通过方案版本 {version}（{kind} 第 {number} 版，{digest}）", en="{by} adopted the version {version} ({kind} no. {number}, {digest})")
register("plan.withdrawn", {"version": "ref"}, zh="{by} 撤回方案版本 {version}", en="{by} withdrew the version {version}")
register("drill.started", {"drill": "ref"}, zh="{by} 开始演练 {drill}（虚构人员，不产生事项）", en="{by} began the drill {drill} (an invented person, no matter)")
register("drill.step", {"drill": "ref", "step": "code"}, zh="{by} 演练 {drill}：{step}", en="{by} in the drill {drill}: {step}")
register("staffing.sent", {"dispatch": "ref", "seat": "text"}, zh="{by} 就 {matters} 向派出单位征询（{dispatch}，{seat}）", en="{by} asked a lending body for {matters} ({dispatch}, {seat})")
register("weights.proposed", {"version": "ref", "digest": "text"}, zh="{by} 提出比选权重版本 {version}（{digest}）", en="{by} put forward the ranking weights {version} ({digest})")
register("weights.adopted", {"version": "ref", "number": "int", "digest": "text"}, zh="{by} 通过比选权重版本 {version}（第 {number} 版，{digest}）", en="{by} adopted the ranking weights {version} (no. {number}, {digest})")
register("weights.withdrawn", {"version": "ref"}, zh="{by} 撤回比选权重版本 {version}", en="{by} withdrew the ranking weights {version}")
register("places.laid", {"entries": "int"}, zh="{by} 登记位置、村情、相邻和检查组 {entries} 条", en="{by} laid down {entries} places, villages, borders and groups")
