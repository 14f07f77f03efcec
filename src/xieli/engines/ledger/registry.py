"""The closed list of acts: which verbs exist, which fields each carries, and the sentence that a person reads.

Apps register theirs once, at import:

    register("handover.sent", {"to_body": "ref", "number": "text", "remark": "text?"},
             zh="{by} 将事项移送 {to_body}（{number}）", en="{by} handed the matter over to {to_body} ({number})")

An event with an unknown verb, an unknown or missing field or a value of the wrong kind is refused. Sentences may name `{by}`, `{at}`,
`{matters}`, any field of the verb and, as `{personal.PART}`, a personal part (shown as erased once its salt is gone).
"""
from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from xieli.engines.ledger.canonical import LARGEST

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
VERB = re.compile(r"[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){0,3}")
TEXT_LIMIT = 4000  # characters; longer matter belongs into a file, of which the event carries the hash

PATTERNS: dict[str, str] = {
    # kind → the regular expression (both in Python and in PostgreSQL) that a text of this kind fulfils
    "text": r"(?s).*",
    "code": r"[a-z0-9][a-z0-9_.:+-]{0,79}",
    "ref": r"-?[0-9]{1,19}",
    "hash": r"[0-9a-f]{64}",
    "date": r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    "instant": r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?Z",
}
KINDS = (*PATTERNS, "int", "bool")
TEXT, CODE, REF, HASH, DATE, INSTANT, INT, BOOL = "text", "code", "ref", "hash", "date", "instant", "int", "bool"


class Refused(ValueError):
    """The event was not written; says what is wrong with it in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"未记录：{zh} / Not recorded: {en}")
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class FieldKind:
    """One field: `code`, `text?` (may be missing), `ref*` (a list)."""

    kind: str
    optional: bool = False
    many: bool = False

    @classmethod
    def read(cls, text: str) -> FieldKind:
        match = re.fullmatch(r"([a-z]+)(\*?)(\??)", text)
        if not match or match[1] not in KINDS:
            raise ValueError(f"没有这种项目类型：{text} / no such kind of field: {text}")
        return cls(match[1], bool(match[3]), bool(match[2]))

    def holds(self, value: object) -> bool:
        """Whether the value is of this kind."""
        if self.many:
            return isinstance(value, list | tuple) and all(self._one(v) for v in value)
        return self._one(value)

    def _one(self, value: object) -> bool:
        if self.kind == BOOL:
            return isinstance(value, bool)
        if self.kind == INT:
            return isinstance(value, int) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST
        return (
            isinstance(value, str) and len(value) <= TEXT_LIMIT and "\x00" not in value
            and re.fullmatch(PATTERNS[self.kind], value) is not None
        )


@dataclass(frozen=True, slots=True)
class Verb:
    """One kind of act. `internal` verbs are written by database functions only, never on a process's own word."""

    name: str
    fields: Mapping[str, FieldKind]
    zh: str
    en: str
    personal: frozenset[str] = frozenset()
    internal: bool = False

    def check(self, payload: Mapping[str, object], personal: Mapping[str, object] | None = None) -> None:
        """Raise Refused unless the fields and personal parts are exactly what this verb carries."""
        for key, value in payload.items():
            kind = self.fields.get(key)
            if kind is None:
                raise Refused(f"“{self.name}”没有项目“{key}”", f"“{self.name}” has no field “{key}”")
            if not kind.holds(value):
                raise Refused(f"“{self.name}”的“{key}”须为 {kind.kind}", f"“{key}” of “{self.name}” must be of kind {kind.kind}")
        for key, kind in self.fields.items():
            if not kind.optional and key not in payload:
                raise Refused(f"“{self.name}”缺少“{key}”", f"“{self.name}” lacks “{key}”")
        for part, value in (personal or {}).items():
            if part not in self.personal:
                raise Refused(f"“{self.name}”没有个人信息项“{part}”", f"“{self.name}” has no personal part “{part}”")
            if not isinstance(value, str) or len(value) > TEXT_LIMIT or "\x00" in value:
                raise Refused(f"个人信息项“{part}”须为文本", f"the personal part “{part}” must be text")

    def specification(self) -> dict[str, Any]:
        """The same rule as plain data, for the database's copy."""
        return {
            name: {"kind": k.kind, "optional": k.optional, "many": k.many} for name, k in sorted(self.fields.items())
        }


def _placeholders(sentence: str) -> set[str]:
    names = set()
    for _, name, spec, conversion in string.Formatter().parse(sentence):
        if name is None:
            continue
        if spec or conversion:
            raise ValueError(f"占位符只写名称：{sentence} / a placeholder is a name and nothing else: {sentence}")
        names.add(name)
    return names


@dataclass
class Registry:
    """Verbs by name. A verb may be registered again only with the same content."""

    verbs: dict[str, Verb] = field(default_factory=dict)

    def register(
        self, verb: str, fields: Mapping[str, str], zh: str, en: str, *, personal: tuple[str, ...] = (), internal: bool = False
    ) -> Verb:
        """Add a verb. `fields`: name → kind (`text code ref hash date instant int bool`, then `*` for a list, `?` for optional).

        Raises ValueError for a bad name or kind, a missing sentence, a sentence that names what the verb has not, or a second
        registration that differs from the first.
        """
        if not VERB.fullmatch(verb):
            raise ValueError(f"动词为小写单词，以点分隔：{verb} / a verb is lower-case words with dots between: {verb}")
        for name in (*fields, *personal):
            if not NAME.fullmatch(name):
                raise ValueError(f"项目名不符：{name} / not a field name: {name}")
        made = Verb(verb, {n: FieldKind.read(k) for n, k in fields.items()}, zh, en, frozenset(personal), internal)
        known = {"by", "at", "matters", *fields, *(f"personal.{p}" for p in personal)}
        for sentence in (zh, en):
            if not sentence.strip():
                raise ValueError(f"{verb}：须有中文和英文句子 / {verb}: both sentences are needed")
            extra = _placeholders(sentence) - known
            if extra:
                raise ValueError(f"{verb}：句子提到没有的项目 {sorted(extra)} / {verb}: the sentence names unknown {sorted(extra)}")
        if self.verbs.setdefault(verb, made) != made:
            raise ValueError(f"{verb} 已另行登记 / {verb} is already registered otherwise")
        return made

    def __getitem__(self, verb: str) -> Verb:
        try:
            return self.verbs[verb]
        except KeyError:
            raise Refused(f"没有登记动词“{verb}”", f"the verb “{verb}” is not registered") from None

    def __contains__(self, verb: object) -> bool:
        return verb in self.verbs

    def __iter__(self) -> Iterator[Verb]:
        return iter(sorted(self.verbs.values(), key=lambda v: v.name))

    def check(self, verb: str, payload: Mapping[str, object], personal: Mapping[str, object] | None = None) -> None:
        """Raise Refused unless an event with this verb may carry these fields and personal parts."""
        self[verb].check(payload, personal)

    def sentence(
        self, event: Mapping[str, Any], lang: str = "zh", *, personal: Mapping[str, str] | None = None,
        name: Callable[[str, str], str] = lambda kind, ref: f"#{ref}",
    ) -> str:
        """What a person reads for one event (a decoded envelope).

        `name(kind, id)` turns an identity into words (kind: `person`, `matter`, or the field's name); `personal`: the parts not erased.
        An event whose verb is unknown here (an older or newer installation) reads as its verb.
        """
        verb = self.verbs.get(str(event["verb"]))
        by = event["by"]["person"]
        who = name("person", by) if by else ("系统" if lang == "zh" else "the system")
        if verb is None:
            return f"{who}: {event['verb']}"
        nothing, erased, comma = ("（未填）", "（已删除）", "、") if lang == "zh" else ("(none)", "(erased)", ", ")
        values: dict[str, str] = {
            "by": who, "at": str(event["at"]), "matters": comma.join(name("matter", m) for m in event["matters"]) or nothing
        }
        for key, kind in verb.fields.items():
            raw = event["fields"].get(key)
            items = raw if kind.many else [raw]
            shown = [name(key, i) if kind.kind == REF else _word(i, lang) for i in items or [] if i is not None]
            values[key] = comma.join(shown) or nothing
        for part in verb.personal:
            there = part in event["personal"]
            values[f"personal.{part}"] = (personal or {}).get(part, erased if there else nothing)
        template = verb.zh if lang == "zh" else verb.en
        return "".join(
            text + (values[key] if key is not None else "") for text, key, _, _ in string.Formatter().parse(template)
        )


def _word(value: object, lang: str) -> str:
    if value is True:
        return "是" if lang == "zh" else "yes"
    if value is False:
        return "否" if lang == "zh" else "no"
    return str(value)


REGISTRY = Registry()
register = REGISTRY.register
