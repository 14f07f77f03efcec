"""Reading files: what the text may hold, hostile input, and what the schema says about it."""
from __future__ import annotations

import copy
import json
from collections.abc import Callable

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from xieli.engines.playbooks import (
    PlaybookError,
    Problem,
    canonical,
    content_hash,
    from_stored,
    json_schema,
    load,
    load_all,
    stored,
)

from .base import BASE, Content, data, name, spoiled


def refused(text: bytes) -> PlaybookError:
    with pytest.raises(PlaybookError) as caught:
        load(text, "bad.yaml")
    return caught.value


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "alias"),
        (b"a: &x 1\n", "alias"),
        (b"a: *x\n", "alias"),
        (b"a: !!python/object/apply:os.system ['id']\n", "tag"),
        (b"a: !secret 1\n", "tag"),
        (b"a: 1\na: 2\n", "key_twice"),
        (b"a: 1\n---\nb: 2\n", "many_documents"),
        (b"? [1, 2]\n: 3\n", "key_not_text"),
        (b"a: 1.5\n", "fraction"),
        (b"a: 1e9\n", "fraction"),
        (b"a: .inf\n", "fraction"),
        (b"a: [1, 2\n", "not_yaml"),
        (b"a:\n\t- 1\n", "not_yaml"),
        (b"\xff\xfe\x00a", "not_utf8"),
        ("a: \u4e2d".encode("utf-16"), "not_utf8"),
        (b"", "not_a_mapping"),
        (b"- 1\n- 2\n", "not_a_mapping"),
        (b"just text", "not_a_mapping"),
        (b"a: " + b"[" * 200 + b"]" * 200, "too_deep"),
        (b"[" * 100_000, "too_deep"),
        (b"a: [" + b"1," * 150_000 + b"1]", "too_many_nodes"),
        (b"{" + b",".join(b"k%d: 1" % n for n in range(40_000)) + b"}", "too_many_nodes"),
        (b"a: " + b"x" * 5_000, "text_too_long"),
        (b"a: [" + b"1," * 1_000_000 + b"1]", "too_large"),
        (b"a" * 300 + b": 1", "key_too_long"),
        (b"a: \x00", "not_yaml"),
    ],
)
def test_hostile_text_is_refused_with_a_sentence(text: bytes, code: str) -> None:
    error = refused(text)
    assert [p.code for p in error.problems] == [code]
    assert error.problems[0].zh.endswith("。")
    assert error.problems[0].en.endswith(".")
    assert "bad.yaml" in str(error)


def test_the_line_of_the_trouble_is_named() -> None:
    assert refused(b"a: 1\nb: 2\nc: *x\n").problems[0].line == 3


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_a_playbook_error_and_nothing_else(text: bytes) -> None:
    with pytest.raises(PlaybookError):
        load(text, "noise.yaml")


@settings(max_examples=150, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8), lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text("abcdef_", min_size=1, max_size=6), x, max_size=4), max_leaves=20), st.sampled_from(sorted(BASE)))
def test_any_wrong_value_in_any_place_is_refused_or_read_but_never_breaks(value: object, key: str) -> None:
    content = copy.deepcopy(BASE)
    content[key] = value
    problems: tuple[Problem, ...] = ()
    try:
        load(data(content), "x.yaml")
    except PlaybookError as error:
        problems = error.problems
    assert all(p.line >= 1 and p.zh and p.en for p in problems)


@pytest.mark.parametrize("word", ["off", "no", "Yes", "ON", "NULL", "2025-01-01x"])
def test_words_stay_words(word: str) -> None:
    text = data(BASE).replace(b'"en": "sample"', f'"en": {word}'.encode())
    assert load(text, "x.yaml").label.en == word


def spoil(change: Callable[[Content], object]) -> list[str]:
    content = copy.deepcopy(BASE)
    change(content)
    return [p.sentence("en") for p in refused(data(content)).problems]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c["roles"]["clerk"].pop("en"), "“en” is missing (every name needs Chinese and English)"),
        (lambda c: c["roles"]["clerk"].update(zh="clerk"), "holds no Chinese character"),
        (lambda c: c["moves"]["begin"].update(en="提请"), "holds no letter"),
        (lambda c: c["stages"]["intake"].update(kind="script"), "“script” is not one of: task, decision"),
        (lambda c: c["moves"]["begin"]["effects"].append({"run_python": {"code": "x"}}), "“run_python” is not known here"),
        (lambda c: c["moves"]["begin"]["effects"].append({"start_clok": {"clock": "law"}}), "did you mean “start_clock”?"),
        (lambda c: c["moves"]["begin"].update(when=[[{"expression": {"text": "1 == 1"}}]]), "“expression” is not known here"),
        (lambda c: c["moves"]["begin"].update(when=[[{"field": {"of": "intake.way"}}]]), "Too little here"),
        (lambda c: c["moves"]["begin"].update(when=[[{"approved": {"act": "go"}, "competence": {"is": "recorded"}}]]), "exactly one word"),
        (lambda c: c["moves"]["begin"].update(when=[{"approved": {"act": "go"}}]), "Wrong type: a list expected, a mapping found"),
        (lambda c: c["moves"].pop("begin") and c["moves"].update({"Begin!": c["moves"]["ask"]}), "“Begin!” is not known here"),
        (lambda c: c["clocks"]["ours"]["local"].update(amount="5"), "a whole number expected, text found"),
        (lambda c: c["clocks"]["ours"]["local"].update(amount=0), "out of range"),
        (lambda c: c["clocks"]["ours"].update(starts_on=["whenever"]), "not written as it should be"),
        (lambda c: c["forms"]["intake"]["fields"]["way"].pop("options"), "“options” is missing"),
        (lambda c: c["forms"]["intake"]["fields"]["day"].update(options={"a": name("甲", "a")}), "cannot have this"),
        (lambda c: c.pop("level"), "“level” is missing"),
        (lambda c: c.update(format=2), "“2” is not one of: 1"),
        (lambda c: c.update(rows=["S9-99"]), "not written as it should be"),
        (lambda c: c["approvals"]["go"].update({"class": "anything"}), "“anything” is not one of"),
    ],
)
def test_what_the_schema_refuses_is_said_in_words(change: Callable[[Content], object], words: str) -> None:
    assert any(words in sentence for sentence in spoil(change)), spoil(change)


def test_a_schema_error_names_the_line_of_the_entry() -> None:
    content = copy.deepcopy(BASE)
    del content["stages"]["weigh"]["en"]
    text = data(content)
    (problem,) = refused(text).problems
    assert text.decode().splitlines()[problem.line - 1].strip().startswith('"weigh"')


def test_two_files_of_one_kind_and_version_are_refused_and_the_newest_version_wins() -> None:
    newer = copy.deepcopy(BASE)
    newer["version"] = 2
    assert load_all({"a.yaml": data(BASE), "b.yaml": data(newer)})["sample"].version == 2
    with pytest.raises(PlaybookError, match="kind_twice"):
        load_all({"a.yaml": data(BASE), "b.yaml": data(BASE)})


def test_the_errors_of_all_files_come_together() -> None:
    with pytest.raises(PlaybookError) as caught:
        load_all({"a.yaml": b"a: *x", "b.yaml": b"b: 1.5", "c.yaml": data(BASE)})
    assert {p.file for p in caught.value.problems} == {"a.yaml", "b.yaml"}


def test_canonical_bytes_are_rfc_8785() -> None:
    assert canonical(BASE) == rfc8785.dumps(BASE)
    tricky = {"b": "\u2028\x7f\x1f\n\"\\é中𠮷", "a": [1, -5, True, None, ""]}
    assert canonical(tricky) == rfc8785.dumps(tricky)
    for bad in (1.5, {"é": 1}, {1: 2}, 2**60, b"x"):
        with pytest.raises(TypeError):
            canonical(bad)


def test_the_hash_is_of_the_meaning_not_of_the_layout() -> None:
    compact = json.dumps(BASE, ensure_ascii=False).encode()
    shuffled = json.dumps(dict(reversed(BASE.items())), indent=3).encode()
    assert load(compact).sha256 == load(shuffled).sha256 == content_hash(stored(spoiled()))
    assert spoiled(lambda c: c["about"].update(en="other words")).sha256 != spoiled().sha256


def test_a_stored_playbook_is_the_same_playbook() -> None:
    playbook = spoiled()
    again = from_stored(json.loads(canonical(stored(playbook))))
    assert again == playbook
    assert list(again.stages) == list(playbook.stages)
    assert [f.code for f in again.forms["intake"].fields] == [f.code for f in playbook.forms["intake"].fields]


def test_the_order_of_stages_is_content() -> None:
    turned = copy.deepcopy(BASE)
    turned["stages"] = dict(reversed(turned["stages"].items()))
    assert load(data(turned)).sha256 != load(data(BASE)).sha256


def test_nothing_of_a_playbook_can_be_changed() -> None:
    playbook = spoiled()
    with pytest.raises(AttributeError):
        playbook.version = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        playbook.stages["new"] = playbook.start  # type: ignore[index]


def test_the_schema_itself_is_valid() -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(json_schema())
