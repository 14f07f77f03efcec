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
