"""The twelve hard gates and the default approval matrix, as data that the kernel carries out."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from xieli.content import content_path

from .calendar_files import Folder
from .rule_files import load_rules
from .rules import RuleBook, Text
from .yamlfile import Document, check, parse_yaml


@dataclass(frozen=True, slots=True)
class HardGate:
    """A gate: what it says, what it blocks, on which rules it rests, and whether it refuses or alarms the next level."""

    id: str
    text: Text
    blocks: Text
    refuses: bool
    escalates: bool
    rules: tuple[str, ...]
    basis: Text
    verified: str

    @property
    def unverified(self) -> bool:
        """Whether the reader must be shown 未核实."""
        return self.verified not in ("V1", "OWNER")


@dataclass(frozen=True, slots=True)
class Approver:
    """A level (code, may be empty where only words exist) and the sentence that says who."""

    level: str
    text: Text


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """Who approves one act: in the own body, and above it. ``never``: the product has no such act at any level."""

    act: str
    text: Text
    own: Approver
    above: Approver | None
    basis: Text
    rules: tuple[str, ...]
    verified: str
    oral: bool
    delegable: bool
    never: bool = False


@dataclass(frozen=True, slots=True)
class Separation:
    """A separation of duties."""

    code: str
    text: Text
    basis: Text
    verified: str


@dataclass(frozen=True, slots=True)
class ApprovalMatrix:
    """Acts × who. ``ours``: a default of the product that the owner has not yet replaced."""

    text: Text
    ours: bool
    rows: Mapping[str, ApprovalRow]
    separation: tuple[Separation, ...]


def _read(folder: Folder, name: str, schema: str) -> Document:
    document = parse_yaml((folder / name).read_text(encoding="utf-8"), name)
    check(document, content_path("statutes", schema).read_text(encoding="utf-8"))
    return document


def _text(item: Mapping[str, Any]) -> Text:
    return Text(item["zh"], item["en"])


def _known_rules(document: Document, path: tuple[str | int, ...], ids: list[str], rules: RuleBook) -> tuple[str, ...]:
    for id in ids:
        if id not in rules:
            raise document.error((*path, "rules"), f"没有规则 {id}。", f"There is no rule {id}.")
    return tuple(ids)


def read_gates(folder: Folder, rules: RuleBook) -> tuple[HardGate, ...]:
    """The hard gates of a folder. Raises ContentError."""
    document = _read(folder, "gates.yaml", "gates.schema.json")
    gates: dict[str, HardGate] = {}
    for index, item in enumerate(document.data["gates"]):
        path = ("gates", index)
        if item["id"] in gates:
            raise document.error(path, f"关口 {item['id']} 重复。", f"The gate {item['id']} appears twice.")
        gates[item["id"]] = HardGate(
            item["id"], _text(item), _text(item["blocks"]), item["refuses"], item["escalates"],
            _known_rules(document, path, item["rules"], rules), _text(item["basis"]), item["verified"],
        )
    return tuple(gates.values())


def read_approvals(folder: Folder, rules: RuleBook) -> ApprovalMatrix:
    """The approval matrix of a folder. Raises ContentError."""
    document = _read(folder, "approvals.yaml", "approvals.schema.json")
    data = document.data
    levels = {item["code"] for item in data["levels"]} | set(rules.law.vocabulary["approvers"])
    rows: dict[str, ApprovalRow] = {}
    for index, item in enumerate(data["acts"]):
        path = ("acts", index)
        if item["act"] in rows:
            raise document.error(path, f"行为 {item['act']} 重复。", f"The act {item['act']} appears twice.")
        for who in ("own", "above"):
            level = item.get(who, {}).get("level", "")
            if level and level not in levels:
                raise document.error((*path, who), f"没有级别 {level}。", f"There is no level {level}.")
        above = item.get("above")
        rows[item["act"]] = ApprovalRow(
            item["act"], _text(item), Approver(item["own"].get("level", ""), _text(item["own"])),
            Approver(above.get("level", ""), _text(above)) if above else None, _text(item["basis"]),
            _known_rules(document, path, item["rules"], rules), item["verified"], item["oral"], item["delegable"],
            item.get("never", False),
        )
    separation = tuple(
        Separation(item["code"], _text(item), _text(item["basis"]), item["verified"]) for item in data["separation"]
    )
    return ApprovalMatrix(_text(data), data["status"] == "ours", rows, separation)


@cache
def load_gates() -> tuple[HardGate, ...]:
    """The twelve hard gates."""
    return read_gates(content_path("statutes"), load_rules())


@cache
def load_approvals() -> ApprovalMatrix:
    """The default approval matrix, labelled as ours."""
    return read_approvals(content_path("statutes"), load_rules())
