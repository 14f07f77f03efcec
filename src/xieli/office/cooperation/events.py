"""Acts of cooperation groups and areas."""
from __future__ import annotations

from xieli.engines.ledger import register

register("group.founded", {"group": "text", "template": "text"}, zh="{by} 设立协作组 {group}（{template}）", en="{by} founded the group {group} ({template})")
register("group.seated", {"group": "text", "slot": "text"}, zh="{by} 为协作组 {group} 安排席位 {slot}", en="{by} seated {slot} in the group {group}")
register("group.ended", {"group": "text", "on": "date"}, zh="{by} 结束协作组 {group}（{on}）", en="{by} ended the group {group} ({on})")
register("group.opened", {"group": "text"}, zh="{by} 把 {matters} 开放给协作组 {group} 至其止期", en="{by} opened {matters} to the group {group} until it ends")
register("areas.divided", {"county": "ref", "areas": "int"}, zh="{by} 保存 {county} 的片区划分（{areas} 个）", en="{by} saved the division of {county} into {areas} areas")
register("availability.asked", {"persons": "int", "first": "date", "last": "date"}, zh="{by} 查询 {persons} 人的忙闲（{first}–{last}）", en="{by} asked whether {persons} persons can be spared ({first}–{last})")
