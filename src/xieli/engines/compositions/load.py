"""Templates from YAML."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

_SLOT = {"zh", "en", "least", "most", "of", "kinds", "ranks", "offices", "own"}
_TEMPLATE = {"zh", "en", "about", "source", "rows", "slots", "apart", "level"}


class TemplateError(ValueError):
    """A template that cannot be used: file, code and why, in Chinese and English."""

    def __init__(self, file: str, code: str, zh: str, en: str) -> None:
        super().__init__(f"{file}: {code}: {zh} / {en}")
        self.zh, self.en = zh, en


@dataclass(frozen=True)
class Slot:
    """How many of what: ``of`` body, office or person; ``kinds`` of bodies; ``offices`` that count; ``own``: of the group's own body."""

    code: str
    zh: str
    en: str
    least: int
    most: int | None
    of: str = "body"
    kinds: tuple[str, ...] = ()
    ranks: tuple[str, ...] = ()
    offices: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True)
class Template:
    """Slots in order; ``apart`` names slots whose bodies must all differ (two heads of two sides, two leads)."""

    code: str
    zh: str
    en: str
    about_zh: str
    about_en: str
    slots: tuple[Slot, ...]
    apart: tuple[str, ...] = ()
    source: str = "ours"
    rows: tuple[str, ...] = ()


def load_templates(files: Mapping[str, str]) -> dict[str, Template]:
    """All templates of the files by code. Raises TemplateError."""
    found: dict[str, Template] = {}
    for file, text in sorted(files.items()):
        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise TemplateError(file, "", "不是有效的 YAML", "not valid YAML") from error
        for code, body in (data or {}).items():
            if code in found:
                raise TemplateError(file, code, "重复", "stands twice")
            found[code] = _template(file, str(code), body)
    return found


def _template(file: str, code: str, body: dict[str, Any]) -> Template:
    unknown = sorted(set(body) - _TEMPLATE)
    if unknown or not {"zh", "en", "about", "slots"} <= set(body):
        raise TemplateError(file, code, f"项目不对：{unknown or '缺名称、说明或席位'}", f"wrong keys: {unknown or 'names, about or slots are missing'}")
    slots = tuple(_slot(file, code, str(name), slot) for name, slot in body["slots"].items())
    apart = tuple(body.get("apart", ()))
    if set(apart) - {s.code for s in slots}:
        raise TemplateError(file, code, "apart 所列席位不存在", "apart names a slot that does not exist")
    return Template(code, str(body["zh"]), str(body["en"]), str(body["about"]["zh"]), str(body["about"]["en"]), slots, apart, str(body.get("source", "ours")), tuple(body.get("rows", ())))


def _slot(file: str, code: str, name: str, slot: dict[str, Any]) -> Slot:
    unknown = sorted(set(slot) - _SLOT)
    if unknown or slot.get("of", "body") not in ("body", "office", "person"):
        raise TemplateError(file, code, f"席位 {name} 写法不对：{unknown}", f"slot {name} is written wrongly: {unknown}")
    least, most = int(slot.get("least", 1)), slot.get("most")
    if least < 0 or (most is not None and int(most) < max(least, 1)):
        raise TemplateError(file, code, f"席位 {name} 的数目不对", f"the number of slot {name} is wrong")
    return Slot(name, str(slot["zh"]), str(slot["en"]), least, None if most is None else int(most), str(slot.get("of", "body")), tuple(slot.get("kinds", ())), tuple(slot.get("ranks", ())),
                tuple(slot.get("offices", ())), bool(slot.get("own", False)))
