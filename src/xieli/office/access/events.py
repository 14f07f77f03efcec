"""The acts of this room, as the ledger writes them. Knowers and recusal requests are the kernel's verbs (matters/events.py)."""
from __future__ import annotations

from xieli.engines.ledger import register

register("matter.classified", {"level": "int", "basis": "text"}, zh="{by} 将 {matters} 定为密级 {level}（依据 {basis}）", en="{by} classified {matters} at level {level} (basis {basis})")
register("matter.circled", {"compartments": "ref*", "basis": "text"}, zh="{by} 将 {matters} 的隔离组定为 {compartments}（依据 {basis}）",
         en="{by} set the compartments of {matters} to {compartments} (basis {basis})")
register("glass.broken", {"grant": "ref", "reason": "text"}, zh="{by} 破窗查看 {matters}（{grant}，理由 {reason}）", en="{by} broke glass to read {matters} ({grant}, reason {reason})")
register("glass.judged", {"review": "ref", "verdict": "code", "comment": "text?"}, zh="{by} 审核破窗 {review}：{verdict}（{comment}）", en="{by} judged broken glass {review}: {verdict} ({comment})")
register("recusal.lift_asked", {"recusal": "ref", "reason": "text"}, zh="{by} 提议解除回避 {recusal}（{reason}），待第二人同意", en="{by} asked to lift recusal {recusal} ({reason}); a second person must agree")
register("recusal.lifted", {"recusal": "ref", "reason": "text"}, zh="{by} 同意，回避 {recusal} 解除（{reason}）", en="{by} agreed; recusal {recusal} is lifted ({reason})")
register("circle.proposed", {"holder": "ref", "compartment": "ref", "person_named": "ref", "basis": "text"}, zh="{by} 提议 {person_named} 进入隔离组 {compartment}（{holder}，依据 {basis}）",
         en="{by} proposed {person_named} for compartment {compartment} ({holder}, basis {basis})")
register("circle.confirmed", {"holder": "ref"}, zh="{by} 确认隔离组成员 {holder}", en="{by} confirmed holder {holder} of a compartment")
register("circle.ended", {"holder": "ref", "reason": "text?"}, zh="{by} 终止隔离组成员 {holder}（{reason}）", en="{by} ended holder {holder} of a compartment ({reason})")
