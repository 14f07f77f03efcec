from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.engines.ledger import worlds
from xieli.engines.ledger import Actor, Refused, Registry, commit, compose, opens, page, read


@pytest.fixture
def registry() -> Registry:
    made = Registry()
    made.register(
        "handover.sent", {"to_body": "ref", "number": "text", "parts": "code*", "urgent": "bool?", "n": "int?", "on": "date?", "then": "instant?", "sum": "hash?"},
        zh="{by} 将 {matters} 移送 {to_body}（{number}；{parts}；急：{urgent}），对象 {personal.name}",
        en="{by} handed {matters} to {to_body} ({number}; {parts}; urgent: {urgent}), subject {personal.name}", personal=("name",))
    return made


GOOD: dict[str, Any] = {"to_body": "12", "number": "甲纪移〔2026〕1号", "parts": ["a", "b"]}


@pytest.mark.parametrize("change", [
    {"to_body": 12}, {"to_body": "x"}, {"number": None}, {"number": "x" * 4001}, {"number": "a\x00"}, {"parts": "a"}, {"parts": ["A B"]}, {"parts": [1]},
    {"urgent": 1}, {"n": True}, {"n": 1.0}, {"n": 2**53}, {"on": "2026-13-01"}, {"on": "2026-1-1"}, {"then": "2026-01-01T00:00:00"}, {"sum": "ab"}, {"other": "x"},
])
def test_a_wrong_or_unknown_field_is_refused_in_both_languages(registry: Registry, change: dict[str, Any]) -> None:
    registry.check("handover.sent", GOOD | {"urgent": True, "n": 3, "on": "2026-01-31", "then": "2026-01-01T00:00:00Z", "sum": "a" * 64})
    with pytest.raises(Refused) as caught:
        registry.check("handover.sent", GOOD | change)
    assert caught.value.zh
    assert caught.value.en


def test_an_unknown_verb_a_missing_field_and_an_unknown_part_are_refused(registry: Registry) -> None:
    for verb, fields, personal in (("handover.lost", GOOD, {}), ("handover.sent", {"number": "x"}, {}), ("handover.sent", GOOD, {"phone": "1"}), ("handover.sent", GOOD, {"name": 1})):
        with pytest.raises(Refused):
            registry.check(verb, fields, personal)


@pytest.mark.parametrize(("verb", "fields", "zh", "en"), [
    ("Bad Verb", {}, "x", "x"), ("a.b", {"Bad": "text"}, "x", "x"), ("a.b", {"x": "float"}, "x", "x"), ("a.b", {}, "", "x"), ("a.b", {}, "x", " "),
    ("a.b", {}, "{nobody}", "x"), ("a.b", {}, "x", "{personal.name}"), ("a.b", {"x": "int"}, "{x!r}", "x"), ("a.b", {"x": "int"}, "{x:>9}", "x"), ("a..b", {}, "x", "x"),
])
def test_a_verb_is_registered_whole_or_not_at_all(verb: str, fields: dict[str, str], zh: str, en: str) -> None:
    with pytest.raises(ValueError):
        Registry().register(verb, fields, zh, en)


def test_registering_twice_alike_is_nothing_and_otherwise_an_error(registry: Registry) -> None:
    registry.register("a.b", {"x": "int"}, "甲", "A")
    registry.register("a.b", {"x": "int"}, "甲", "A")
    with pytest.raises(ValueError):
        registry.register("a.b", {"x": "text"}, "甲", "A")


def event(personal: dict[str, bytes] | None = None, **fields: Any) -> dict[str, Any]:
    return read(compose(
        at=datetime(2026, 3, 2, 8, tzinfo=UTC), by=Actor(7, 8, "regular:10", "xieli_web"), event="00000000-0000-4000-8000-000000000001", verb="handover.sent",
        fields=GOOD | fields, matters=[5, 3, 5], personal=personal))


def test_the_sentence_names_people_and_says_what_was_erased(registry: Registry) -> None:
    names = {("person", "7"): "王检", ("to_body", "12"): "乙县纪委", ("matter", "3"): "甲线索", ("matter", "5"): "乙线索"}

    def name(kind: str, ref: str) -> str:
        return names[kind, ref]

    held = event({"name": commit(b"s" * 32, "name", "张三")}, urgent=True)
    assert registry.sentence(held, "zh", name=name) == "王检 将 甲线索、乙线索 移送 乙县纪委（甲纪移〔2026〕1号；a、b；急：是），对象 （已删除）"
    assert registry.sentence(held, "zh", name=name, personal={"name": "张三"}).endswith("对象 张三")
    assert registry.sentence(event(), "en").endswith("urgent: (none)), subject (none)")


def test_a_field_that_looks_like_a_placeholder_stays_text(registry: Registry) -> None:
    assert "{by} {0} %s" in registry.sentence(event(number="{by} {0} %s"), "en")


def test_an_event_of_an_unknown_verb_still_reads_as_its_verb(registry: Registry) -> None:
    assert Registry().sentence(event(), "en") == "#7: handover.sent"


def test_every_verb_of_the_product_has_sentences_without_leftovers() -> None:
    import xieli.office.audit.events  # noqa: F401
    from xieli.engines.ledger import REGISTRY

    sample = {"text": "字", "code": "c", "ref": "1", "hash": "a" * 64, "date": "2026-01-01", "instant": "2026-01-01T00:00:00Z", "int": 3, "bool": True}
    for verb in REGISTRY:
        fields = {n: [sample[k.kind]] if k.many else sample[k.kind] for n, k in verb.fields.items()}
        verb.check(fields)
        envelope = event() | {"verb": verb.name, "fields": fields}
        for lang in ("zh", "en"):
            told = REGISTRY.sentence(envelope, lang)
            assert told
            assert "{" not in told


@pytest.mark.parametrize("broken", [{"v": 2}, {"by": {}}, {"matters": [5]}, {"personal": {"a": "b"}}, {"at": "today"}, {"id": "1"}, {"extra": 1}])
def test_an_envelope_of_another_shape_is_not_read(broken: dict[str, Any]) -> None:
    from xieli.engines.ledger import dumps

    with pytest.raises(ValueError):
        read(dumps(event() | broken))


def test_commitments_open_only_with_their_own_part() -> None:
    salt = b"s" * 32
    c = commit(salt, "name", "张三")
    assert opens(c, salt, "name", "张三")
    assert not any((opens(c, salt, "name", "李四"), opens(c, salt, "nam", "e张三"), opens(c, b"t" * 32, "name", "张三"), opens(c, b"", "name", "张三"), opens(c, salt, "a\x00", "b")))
    with pytest.raises(ValueError):
        commit(b"short", "name", "x")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_daily_page_carries_the_seal_in_hexadecimal_and_as_a_witness_line(lang: str) -> None:
    log = worlds.make_log(50, 10)
    shown, plain = page.page("甲县 <纪委>", date(2026, 3, 2), log.seals[2:], 20, lang), page.text("甲县", date(2026, 3, 2), log.seals[2:], 20, lang)
    root = log.seals[-1].seal.root
    assert " ".join(root[i : i + 8] for i in range(0, 64, 8)) in shown
    assert "<svg" in shown
    assert "<纪委>" not in shown
    assert "http" not in shown.replace("http://www.w3.org/2000/svg", "")
    line = log.seals[-1].line(with_leaves=False).decode()
    assert line in plain.splitlines()
    assert page.WORDS["none"][lang == "en"] in page.text("x", date(2026, 3, 2), [], 0, lang)
