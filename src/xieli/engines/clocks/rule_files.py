"""Rules read from content files: schema, closed vocabularies, local packs that may only tighten.

Every fault names file and line.
"""
from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache
from typing import Any

from xieli.content import content_path

from .calendar_files import Folder, read_day
from .errors import RuleNotInForce
from .rules import (
    MONTHS,
    ArticleMap,
    Choice,
    Extension,
    Instrument,
    Law,
    Limit,
    LocalLimit,
    Period,
    Restart,
    Rule,
    RuleBook,
    Sense,
    Stricter,
    Suspension,
    Text,
    Unit,
    Version,
)
from .yamlfile import Document, check, parse_yaml

Path_ = tuple[str | int, ...]
Vocabulary = Mapping[str, Mapping[str, Text]]
NOT_RULES = ("instruments.yaml", "renumbering.yaml", "vocabulary.yaml", "approvals.yaml", "gates.yaml")


@lru_cache(maxsize=16)
def _schema(name: str) -> str:
    return content_path("statutes", name).read_text(encoding="utf-8")


def _text(data: Mapping[str, Any]) -> Text:
    return Text(data["zh"], data["en"])


def _day(document: Document, path: Path_, value: str | None) -> date | None:
    return None if value is None else read_day(value, document.file, document.line(*path))


# ---- law: instruments, ways of counting, renumbering


def read_law(folder: Folder) -> Law:
    """Instruments, periods, renumbering tables and vocabularies of a folder. Raises ContentError."""
    document = parse_yaml((folder / "instruments.yaml").read_text(encoding="utf-8"), "instruments.yaml")
    check(document, _schema("instruments.schema.json"))
    periods = {
        code: Period(
            code, _text(item), item["basis"], item["verified"], item["roll"], item["custody_roll"],
            item["status"] == "ours",
        )
        for code, item in document.data["periods"].items()
    }
    instruments: dict[str, Instrument] = {}
    for index, item in enumerate(document.data["instruments"]):
        path: Path_ = ("instruments", index)
        if item["code"] in instruments:
            raise document.error(path, f"文件代码 {item['code']} 重复。", f"The code {item['code']} appears twice.")
        if item["period"] not in periods:
            raise document.error((*path, "period"), f"没有期间规则 {item['period']}。", f"No period {item['period']}.")
        instruments[item["code"]] = Instrument(
            item["code"], _text(item), item["title"], _day(document, (*path, "from"), item["from"]),
            _day(document, (*path, "to"), item["to"]), item["period"],
        )
    return Law(instruments, periods, _read_maps(folder, instruments), read_vocabulary(folder))


def _read_maps(folder: Folder, instruments: Mapping[str, Instrument]) -> tuple[ArticleMap, ...]:
    document = parse_yaml((folder / "renumbering.yaml").read_text(encoding="utf-8"), "renumbering.yaml")
    check(document, _schema("renumbering.schema.json"))
    maps = []
    for index, item in enumerate(document.data["maps"]):
        for key in ("from", "to"):
            if item[key] not in instruments:
                raise document.error(("maps", index, key), f"没有文件 {item[key]}。", f"No instrument {item[key]}.")
        back: dict[str, str] = {}
        for row, pair in enumerate(item["articles"]):
            for new in pair["new"]:
                if str(new) in back:
                    raise document.error(
                        ("maps", index, "articles", row), f"新条号 {new} 对应两次。", f"New article {new} is mapped twice."
                    )
                back[str(new)] = str(pair["old"])
        maps.append(ArticleMap(
            item["from"], item["to"], back, item.get("unchanged", {}).get("last", 0),
            frozenset(str(number) for number in item.get("changed", [])),
        ))
    return tuple(maps)


def read_vocabulary(folder: Folder) -> Vocabulary:
    """The closed vocabularies: list → code → words. Raises ContentError."""
    document = parse_yaml((folder / "vocabulary.yaml").read_text(encoding="utf-8"), "vocabulary.yaml")
    check(document, _schema("vocabulary.schema.json"))
    lists: dict[str, dict[str, Text]] = {}
    for name, items in document.data.items():
        words: dict[str, Text] = {}
        for index, item in enumerate(items):
            if item["code"] in words:
                raise document.error((name, index), f"代码 {item['code']} 重复。", f"The code {item['code']} appears twice.")
            words[item["code"]] = _text(item)
        lists[name] = words
    return lists


# ---- rules


class _Reader:
    """Turns one checked document into rules; holds what errors need."""

    def __init__(self, document: Document, law: Law) -> None:
        self.document, self.law, self.vocabulary = document, law, law.vocabulary

    def word(self, name: str, code: str, path: Path_) -> str:
        if code not in self.vocabulary[name]:
            raise self.document.error(path, f"“{code}”不在词表 {name} 中。", f"“{code}” is not in the vocabulary {name}.")
        return code

    def limit(self, data: Mapping[str, Any], path: Path_) -> Limit:
        choices = tuple(
            Choice(item["code"], _text(item), item["amount"], Unit(item["unit"])) for item in data.get("choices", [])
        )
        if words := data.get("words", ""):
            self.word("words", words, (*path, "words"))
        unit = data.get("unit")
        return Limit(
            data.get("amount"), Unit(unit) if unit else None, data.get("recurs", False), data.get("uncertain", False),
            words, data.get("set_by", ""), choices,
        )

    def extension(self, data: Mapping[str, Any], path: Path_, base: Limit | None) -> Extension:
        unit = Unit(data["unit"]) if data["unit"] else None
        if unit and base and base.unit and (unit is Unit.HOUR) != (base.unit is Unit.HOUR):
            raise self.document.error(
                (*path, "unit"), "以小时计的期限只能按小时延长。", "A limit in hours can only be extended in hours."
            )
        window = data.get("window")
        return Extension(
            data["code"], _text(data), data["amount"], unit, data["times"],
            self.word("approvers", data["approver"], (*path, "approver")),
            tuple(self.word("grounds", ground, (*path, "grounds")) for ground in data.get("grounds", [])),
            data.get("after", ""), data.get("article", ""), (window["amount"], Unit(window["unit"])) if window else None,
        )

    def version(self, data: Mapping[str, Any], path: Path_) -> Version:
        document = self.document
        since, until = _day(document, (*path, "from"), data["from"]), _day(document, (*path, "to"), data["to"])
        if since and until and until < since:
            raise document.error((*path, "to"), "失效日早于生效日。", "The version ends before it begins.")
        cite = []
        for index, item in enumerate(data["cite"]):
            if item["instrument"] not in self.law.instruments:
                raise document.error(
                    (*path, "cite", index), f"没有文件 {item['instrument']}。", f"No instrument {item['instrument']}."
                )
            cite.append((item["instrument"], item.get("article", ""), item.get("article_uncertain", False)))
        limit = self.limit(data["limit"], (*path, "limit")) if "limit" in data else None
        extensions: list[Extension] = []
        for index, item in enumerate(data.get("extensions", [])):
            place = (*path, "extensions", index)
            if limit is None:
                raise document.error(place, "没有期限，不能延长。", "Without a limit there is nothing to extend.")
            known = [extension.code for extension in extensions]
            if item.get("after") and item["after"] not in known:
                raise document.error(place, f"没有在先的延长 {item['after']}。", f"No earlier extension {item['after']}.")
            if item["code"] in known:
                raise document.error(place, f"延长代码 {item['code']} 重复。", f"The code {item['code']} appears twice.")
            extensions.append(self.extension(item, place, limit))
        restart = None
        if "restart" in data:
            item, place = data["restart"], (*path, "restart")
            restart = Restart(
                _text(item), item["times"], self.word("approvers", item["approver"], place),
                tuple(self.word("grounds", ground, place) for ground in item["grounds"]), item["article"],
                item.get("body_rank", ""),
            )
        suspensions = tuple(
            Suspension(item["code"], _text(item), self.word("approvers", item["authority"], (*path, "suspensions", index)))
            for index, item in enumerate(data.get("suspensions", []))
        )
        return Version(
            since, until, tuple(cite), data["verified"], data["confidence"], limit, tuple(extensions), restart,
            suspensions, data.get("carried_forward", False), data.get("row", ""),
            _text(data["note"]) if "note" in data else None,
        )

    def rule(self, data: Mapping[str, Any], path: Path_) -> Rule:
        document, head = self.document, self.document.data
        versions = tuple(
            self.version(item, (*path, "versions", index)) for index, item in enumerate(data["versions"])
        )
        for index, (earlier, later) in enumerate(itertools.pairwise(versions), 1):
            if earlier.until is None or later.since is None or later.since <= earlier.until:
                raise document.error(
                    (*path, "versions", index), "版本的时间重叠或次序颠倒。", "Versions overlap or are out of order."
                )
        numeric = any(version.limit and (version.limit.amount or version.limit.choices) for version in versions)
        stricter = Stricter(data["stricter"])
        if stricter is not Stricter.NONE and not numeric:
            raise document.error(
                (*path, "stricter"), "没有数字的规则不能说“更短”或“更长”更严。",
                "A rule without a number is not stricter when shorter or longer.",
            )
        if "starts" in data:
            self.word("starts", data["starts"], (*path, "starts"))
        elif numeric:
            raise document.error(path, "有期限的规则须写明起算点（starts）。", "A rule with a limit needs its start.")
        for reading in data.get("readings", []):
            self.word("readings", reading, (*path, "readings"))
        period = self.law.periods[self.law.instruments[versions[-1].cite[0][0]].period]
        custody = data.get("custody", False)
        hours = any(version.limit and version.limit.unit is Unit.HOUR for version in versions)
        roll = data.get("roll") or (period.custody_roll if custody else period.roll)
        warn = data.get("warn")
        return Rule(
            id=data["id"], text=_text(data), gist=_text(data["gist"]),
            category=data.get("category") or head.get("category", ""), pack=head["pack"], kind=head["kind"],
            calendar=head.get("calendar", "cn-mainland"), stricter=stricter, versions=versions, law=self.law,
            starts=data.get("starts", ""), sense=Sense(data.get("sense", "at_most")), custody=custody,
            readings=tuple(data.get("readings", ["exact"] if hours else ["start_excluded"])),
            roll="none" if hours else roll, roll_verified=period.verified, roll_ours=period.ours,
            part_of=data.get("part_of", ""), aliases=tuple(data.get("aliases", [])),
            local_sets=data.get("local_sets", False), min_gap_hours=data.get("min_gap", {}).get("amount", 0),
            warn=(warn["amount"], Unit(warn["unit"])) if warn else None,
            consequence=_text(data["consequence"]) if "consequence" in data else None,
            note=_text(data["note"]) if "note" in data else None,
        )


def _add(document: Document, rules: dict[str, Rule], law: Law) -> None:
    reader = _Reader(document, law)
    known = set(rules) | {alias for rule in rules.values() for alias in rule.aliases}
    for index, data in enumerate(document.data.get("rules", [])):
        path: Path_ = ("rules", index)
        if data["id"] in known:
            raise document.error((*path, "id"), f"规则 {data['id']} 已存在。", f"The rule {data['id']} exists already.")
        if document.data["kind"] == "local" and data["id"].startswith(("cn.", "int.")):
            raise document.error(
                (*path, "id"), "地方规则不能使用 cn. 或 int. 开头的编号。", "A local rule may not use an id under cn. or int."
            )
        rule = reader.rule(data, path)
        rules[rule.id] = rule
        known |= {rule.id, *rule.aliases}


# ---- local packs: only stricter, only with a document


def _in_months_or_own_unit(limit: Limit) -> tuple[int, str]:
    assert limit.amount is not None
    assert limit.unit is not None
    if limit.unit in MONTHS:
        return limit.amount * MONTHS[limit.unit], "month"
    return limit.amount, limit.unit.value


def _check_direction(document: Document, path: Path_, rule: Rule, national: Limit | None, local: Limit) -> None:
    place = (*path, "limit")
    if local.amount is None:
        raise document.error(place, "地方期限须是一个数字和单位。", "A local limit is a number with a unit.")
    if national is None or national.amount is None:
        if rule.local_sets:
            return
        raise document.error(
            place, f"规则 {rule.id} 没有可由地方设定的期限。", f"The rule {rule.id} has no limit that a local pack may set."
        )
    if rule.stricter is Stricter.NONE:
        raise document.error(
            place, f"规则 {rule.id} 不得由地方改变期限。", f"The limit of {rule.id} may not be changed locally."
        )
    (ours, our_unit), (theirs, their_unit) = _in_months_or_own_unit(local), _in_months_or_own_unit(national)
    if our_unit != their_unit:
        raise document.error(
            place, f"地方期限的单位（{local.unit}）与国家规定（{national.unit}）不可比。",
            f"The local unit ({local.unit}) cannot be compared with the national one ({national.unit}).",
        )
    if rule.stricter is Stricter.SHORTER and ours > theirs:
        raise document.error(
            place, f"规则 {rule.id} 只能收紧为更短：国家规定 {national.amount} {national.unit}，此处 {local.amount}。",
            f"{rule.id} may only be made shorter: national {national.amount} {national.unit}, here {local.amount}.",
        )
    if rule.stricter is Stricter.LONGER and ours < theirs:
        raise document.error(
            place, f"规则 {rule.id} 只能收紧为更长：国家规定 {national.amount} {national.unit}，此处 {local.amount}。",
            f"{rule.id} may only be made longer: national {national.amount} {national.unit}, here {local.amount}.",
        )


def _override(document: Document, rules: dict[str, Rule], law: Law) -> None:
    reader = _Reader(document, law)
    for index, data in enumerate(document.data.get("overrides", [])):
        path: Path_ = ("overrides", index)
        rule = rules.get(data["rule"])
        if rule is None:
            raise document.error((*path, "rule"), f"没有规则 {data['rule']}。", f"There is no rule {data['rule']}.")
        since = _day(document, (*path, "from"), data["from"])
        until = _day(document, (*path, "to"), data.get("to"))
        limit = reader.limit(data["limit"], (*path, "limit"))
        if since is None:
            raise document.error((*path, "from"), "须写明生效日。", "The date of effect is needed.")
        try:
            governed = [rule.at(since).limit]
        except RuleNotInForce as error:
            raise document.error((*path, "from"), error.zh, error.en) from None
        governed += [
            version.limit for version in rule.versions
            if version.since and version.since > since and (until is None or version.since <= until)
        ]
        for national in governed:
            _check_direction(document, path, rule, national, limit)
        local = LocalLimit(document.data["pack"], since, until, limit, _text(data["document"]))
        rules[rule.id] = replace(rule, overrides=(*rule.overrides, local))


def _documents(folder: Folder, packs: Folder) -> Iterable[Document]:
    entries = [entry for entry in folder.iterdir() if entry.name.endswith(".yaml") and entry.name not in NOT_RULES]
    local = [entry for entry in packs.iterdir() if entry.name.endswith(".yaml")] if packs.is_dir() else []
    for entry in sorted(entries, key=lambda item: item.name) + sorted(local, key=lambda item: item.name):
        document = parse_yaml(entry.read_text(encoding="utf-8"), entry.name)
        check(document, _schema("rules.schema.json"))
        yield document


def read_rules(folder: Folder, extra: Iterable[tuple[str, str]] = ()) -> RuleBook:
    """All rules of a folder and of its ``packs/``, then ``extra`` packs given as (file name, text).

    Raises ContentError: wrong schema, unknown word, overlapping versions, a local limit in the wrong direction.
    """
    law = read_law(folder)
    rules: dict[str, Rule] = {}
    documents = list(_documents(folder, folder / "packs"))
    return _bind(documents, extra, rules, law)


def _bind(
    documents: list[Document], extra: Iterable[tuple[str, str]], rules: dict[str, Rule], law: Law
) -> RuleBook:
    added = []
    for name, text in extra:
        document = parse_yaml(text, name)
        check(document, _schema("rules.schema.json"))
        if document.data["kind"] != "local":
            raise document.error(("kind",), "另加的包只能是地方包。", "An added pack can only be a local one.")
        added.append(document)
    for document in [*documents, *added]:
        _add(document, rules, law)
    for document in [*documents, *added]:
        _override(document, rules, law)
    for document in documents:
        for index, data in enumerate(document.data.get("rules", [])):
            if data.get("part_of") and data["part_of"] not in rules:
                raise document.error(
                    ("rules", index, "part_of"), f"没有规则 {data['part_of']}。", f"There is no rule {data['part_of']}."
                )
    return RuleBook(rules, law)


@cache
def _shipped() -> RuleBook:
    return read_rules(content_path("statutes"))


def load_rules(extra: Iterable[tuple[str, str]] = ()) -> RuleBook:
    """The shipped rules, with local packs given as (file name, text) laid on top. Raises ContentError."""
    shipped, extra = _shipped(), list(extra)
    if not extra:
        return shipped
    return _bind([], extra, {id: shipped[id] for id in shipped}, shipped.law)
