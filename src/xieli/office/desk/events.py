"""Acts of data matching."""
from __future__ import annotations

from xieli.engines.ledger import register

register("match.proposed", {"authorization": "ref", "digest": "text"}, zh="{by} 为 {matters} 提出碰撞授权 {authorization}（摘要 {digest}）", en="{by} proposed matching authorization {authorization} for {matters} (digest {digest})")
register("match.signed", {"authorization": "ref", "digest": "text"}, zh="{by} 签批 {matters} 的碰撞授权 {authorization}（摘要 {digest}）", en="{by} signed matching authorization {authorization} of {matters} (digest {digest})")
register("match.run", {"run": "ref", "model": "code", "state": "code", "hits": "int", "digest": "text"}, zh="{by} 在 {matters} 运行模型 {model}：{state}，疑点 {hits}（{run}，授权 {digest}）", en="{by} ran model {model} on {matters}: {state}, {hits} hits (run {run}, authorization {digest})")
register("match.revealed", {"hit": "ref", "reason": "text"}, zh="{by} 揭示 {matters} 的疑点 {hit} 的原始数据：{reason}", en="{by} revealed the original rows of hit {hit} of {matters}: {reason}")
register("match.judged", {"hit": "ref", "verdict": "code"}, zh="{by} 判定 {matters} 的疑点 {hit}：{verdict}", en="{by} judged hit {hit} of {matters}: {verdict}")
register("match.converted", {"hit": "ref", "lead": "ref", "digest": "text"}, zh="{by} 将 {matters} 的疑点 {hit} 转为线索 {lead}（授权 {digest}）", en="{by} made lead {lead} of hit {hit} of {matters} (authorization {digest})")
register("match.correction", {"hit": "ref", "correction": "ref", "answered": "bool"}, zh="{by} 就 {matters} 的疑点 {hit} 登记数据更正 {correction}（已答复 {answered}）", en="{by} recorded correction {correction} for hit {hit} of {matters} (answered {answered})")
register("match.lifted", {"model": "code", "reason": "text"}, zh="{by} 解除模型 {model} 的暂停：{reason}", en="{by} lifted the suspension of model {model}: {reason}")
register("match.asked", {"run": "ref", "model": "code", "trial": "bool", "digest": "text"}, zh="{by} 申请在 {matters} 运行模型 {model}（试跑 {trial}，{run}，授权 {digest}）", en="{by} asked for model {model} to be run on {matters} (trial {trial}, run {run}, authorization {digest})")
register("match.run_begun", {"run": "ref", "model": "code", "again": "bool"}, zh="后台以 {by} 的权限开始 {matters} 的运行 {run}：模型 {model}（续跑 {again}）", en="a job began run {run} on {matters} with the authority of {by}: model {model} (taken up again {again})")
register("match.cancelled", {"run": "ref"}, zh="{by} 要求停止 {matters} 的运行 {run}", en="{by} asked run {run} on {matters} to stop")
register("match.dropped", {"run": "ref"}, zh="{matters} 的运行 {run} 未进行：申请人已无权限", en="run {run} on {matters} was not done: who asked may do it no longer")
register("match.exported", {"authorization": "ref", "entities": "int", "digest": "text"}, zh="{by} 以 FollowTheMoney 格式导出 {matters} 的关系（{authorization}，{entities} 个实体，授权 {digest}）", en="{by} exported relations of {matters} as FollowTheMoney (authorization {authorization}, {entities} entities, {digest})")
register("match.pictured", {"snapshot": "ref", "digest": "text"}, zh="{by} 存下 {matters} 的关系图快照 {snapshot}（{digest}）", en="{by} kept snapshot {snapshot} of relations of {matters} ({digest})")
register("match.tripwire_set", {"tripwire": "ref", "model": "code", "digest": "text"}, zh="{by} 为 {matters} 布设绊线 {tripwire}：每季重跑模型 {model}（授权 {digest}）", en="{by} set tripwire {tripwire} on {matters}: model {model} is rerun each quarter (authorization {digest})")
register("match.tripwire_ended", {"tripwire": "ref", "reason": "text"}, zh="{by} 撤去 {matters} 的绊线 {tripwire}：{reason}", en="{by} took away tripwire {tripwire} of {matters}: {reason}")
register("match.tripwire_checked", {"tripwire": "ref", "relapses": "int", "reopened": "text"}, zh="{matters} 的绊线 {tripwire} 已复查：再发 {relapses}，{reopened}", en="tripwire {tripwire} of {matters} was checked: {relapses} relapses, {reopened}")
