"""Hostile files: bombs, a million keys, tags that run code, wrong types, doubled keys, huge numbers, no text at all. Each is refused with file and line."""
from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from xieli.engines.clocks import ContentError
from xieli.engines.clocks.yamlfile import parse_yaml
from xieli.engines.playbooks import PlaybookError
from xieli.engines.playbooks.load import load
from xieli.server import init
from xieli.server.words import Trouble

GOOD = """own: a
bodies:
  - {code: a, zh: 某市纪委监委, kind: commission, rank: prefecture, since: 2020-01-31, division: "990100"}
administrators:
  system_admin: {name: 甲, login: sys}
  security_admin: {name: 乙, login: sec}
  audit_admin: {name: 丙, login: aud}
"""
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(f"{n}: &{n} [{', '.join(['*' + chr(ord(n) - 1)] * 9)}]\n" for n in "bcdefgh") + GOOD
HOSTILE = {
    "alias bomb": BOMB.encode(),
    "a million keys": "\n".join(f"k{i}: 1" for i in range(1_000_000)).encode(),
    "python object": b"own: !!python/object/apply:os.system ['touch owned']\n" + GOOD.encode(),
    "python tag on a scalar": b"own: !!python/name:os.system x\n",
    "tag of one's own": b"own: !evil {a: b}\n",
    "a key twice": (GOOD + "own: b\n").encode(),
    "not UTF-8": GOOD.encode("gb18030"),
    "a list": b"- a\n- b\n",
    "a word": b"x",
    "nothing": b"",
    "nested": b"[" * 5000,
    "not closed": b"own: [a\nbodies: {\n",
    "nul": b"own: a\0b\n",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_with_file_and_line(content: bytes, tmp_path: Path) -> None:
    began = time.process_time()
    path = tmp_path / "bodies.yaml"
    path.write_bytes(content)
    with pytest.raises(Trouble) as refused:
        init.read(path)
    assert refused.value.zh
    assert "bodies.yaml" in refused.value.en
    assert re.search(r"bodies\.yaml:\d+: ", refused.value.en) or "larger than" in refused.value.en
    assert refused.value.exit_code == 2
    with pytest.raises(PlaybookError) as played:
        load(content, "kind.yaml")
    assert all(p.file == "kind.yaml" and p.zh and p.en for p in played.value.problems)
    assert time.process_time() - began < 20, "before memory and time are spent"
    assert not (tmp_path / "owned").exists()
    assert not Path("owned").exists()


@pytest.mark.parametrize(("old", "new", "line"), [
    ("code: a,", f"code: {'9' * 6000},", 3), ("code: a,", "code: [a],", 3), ("zh: 某市纪委监委", "zh: 7", 3), ("kind: commission", "kind: [commission]", 3), ("kind: commission", "kind: throne", 3),
    ("rank: prefecture", "rank: 9", 3), ("since: 2020-01-31", "since: 2020-13-01", 3), ('division: "990100"', "division: {a: 1}", 3), ("zh: 某市纪委监委", "zh: " + "长" * 500, 3),
    ("bodies:\n", "bodies: x\nrest:\n", 1), ("own: a", "own: [a]", 1), ("own: a", "own: null", 1), ("since: 2020-01-31", "rooms: x", 3), ("since: 2020-01-31", "rooms: [{zh: 室}]", 3),
    ("since: 2020-01-31", "offices: [3]", 3), ("{name: 甲, login: sys}", "[甲]", 5), ("{name: 乙, login: sec}", "{name: 甲, login: sec}", 5), ("login: sec", "login: s", 5), ("login: sec", "login: 登录名", 5), ("login: sec", "login: 99999999999999999999999999", 5), ("zh: 某市纪委监委", 'zh: "\\u202e\\a"', 3),
])
def test_a_wrong_value_is_named_with_its_line(old: str, new: str, line: int, tmp_path: Path) -> None:
    path = tmp_path / "bodies.yaml"
    path.write_text(GOOD.replace(old, new, 1), "utf-8")
    with pytest.raises(Trouble) as refused:
        init.read(path)
    at = re.match(r"bodies\.yaml:(\d+): ", refused.value.en)
    assert at is not None
    assert abs(int(at[1]) - line) <= 1


def test_the_good_file_is_read_and_content_files_refuse_tags_of_every_shape(tmp_path: Path) -> None:
    path = tmp_path / "bodies.yaml"
    path.write_text(GOOD, "utf-8")
    assert init.read(path)["bodies"][0]["code"] == "a"
    for tagged in ("a: !!python/object/apply:os.system [x]", "a: !!set {x}", "a: !x {b: c}", "a: !!binary aGVsbG8="):
        with pytest.raises(ContentError) as refused:
            parse_yaml("b: 1\n" + tagged, "x.yaml")
        assert refused.value.line == 2
