"""The command line: plans from files, exit codes, plain words; the newcomer's five minutes of docs/allocation.md."""
from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from xieli.faces.cli.allocate import allocate

from .conftest import make_zones
from .test_people import grid, make_staff, quarterly

DOCS = Path(__file__).resolve().parents[3] / "docs"


def call(*args: object):
    return CliRunner().invoke(allocate, [str(a) for a in args], catch_exceptions=False)


def write(path: Path, data: object) -> Path:
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.mark.parametrize("page", ["allocation.md", "allocation.zh.md"])
def test_the_five_minutes_of_the_manual_work_as_printed(tmp_path: Path, page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    block = re.search(r'(    \{"bodies".*?\]\})\n\n', text, re.S).group(1)
    data = json.loads(block)
    file, plan = write(tmp_path / "areas.json", data), tmp_path / "plan.json"
    assert call("zones", file, "--out", plan).exit_code == 0
    assert call("explain", file, plan, "u3").exit_code == 0
    assert call("explain", file, plan, "u3", "--to", data["bodies"][0]["id"]).exit_code == 0
    assert call("check", file, plan, "--replay").exit_code == 0
    assert call("replan", file, "--current", plan).exit_code == 0
    assert call("frontier", file).exit_code in (0, 4)


def test_a_tampered_plan_is_found_and_exits_with_one(tmp_path: Path) -> None:
    data = make_zones()
    file, plan = write(tmp_path / "f.json", data), tmp_path / "p.json"
    call("zones", file, "--out", plan)
    made = json.loads(plan.read_text(encoding="utf-8"))
    made["assign"]["u00"] = next(b["id"] for b in data["bodies"] if b["id"] != made["assign"]["u00"])
    result = call("check", file, write(plan, made), "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["check"]


def test_bad_input_exits_with_two_and_nothing_fitting_with_four(tmp_path: Path) -> None:
    data = make_zones()
    data["units"][0]["load"] = -1
    bad = call("zones", write(tmp_path / "a.json", data), "--json")
    assert bad.exit_code == 2
    assert json.loads(bad.output)["rule"] == "negative-load"
    big = make_zones()
    big["units"][0]["load"] = 500
    nothing = call("zones", write(tmp_path / "b.json", big))
    assert nothing.exit_code == 4
    assert "would suffice" in nothing.output
    assert "即可" in nothing.output


def test_a_run_cut_by_the_clock_adopts_nothing_and_says_so(tmp_path: Path) -> None:
    result = call("zones", write(tmp_path / "a.json", make_zones()), "--seconds", 0.01)
    assert result.exit_code == 4
    assert "what was in force stays" in result.output


def test_a_plan_made_with_command_line_changes_replays_with_them(tmp_path: Path) -> None:
    file = write(tmp_path / "f.json", make_zones())
    assert call("zones", file, "--band", 0.2, "--out", tmp_path / "p.json").exit_code == 0
    assert call("check", file, tmp_path / "p.json", "--replay").exit_code == 0
    assert call("replan", file, "--current", tmp_path / "p.json", "--band", 0.1, "--out", tmp_path / "r.json").exit_code == 0
    assert call("check", file, tmp_path / "r.json", "--replay").exit_code == 0
    people = write(tmp_path / "s.json", make_staff())
    assert call("staff", people, "--only", "1", "--out", tmp_path / "t.json").exit_code == 0
    assert call("check", people, tmp_path / "t.json", "--replay").exit_code == 0
    text = tmp_path / "gap.txt"
    text.write_text("2 3  1 2 3  3 2 1  1 1 1  1 1 1  2 2")
    assert call("gap", text, "--maximise", "--out", tmp_path / "g.json").exit_code == 0
    assert call("check", text, tmp_path / "g.json", "--replay").exit_code == 0


def test_the_other_tasks_read_a_file_and_print_json(tmp_path: Path) -> None:
    desk = {"now": "2026-01-01T00:00:00Z", "matter": {"id": "m", "load": 3, "needs": ["team"]},
            "bodies": [{"id": 1, "officers": 3, "load": 2, "hours": 1}, {"id": 2, "officers": 3, "load": 2, "hours": 1, "excluded": ["recusal"]}]}
    for name, data in (("designate", desk), ("staff", make_staff()), ("committees", grid(3, 2)), ("rota", quarterly()), ("conflict", make_zones())):
        result = call(name, write(tmp_path / f"{name}.json", data), "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.output)["kind"]
        assert call(name, tmp_path / f"{name}.json").output.strip()


def test_a_file_that_is_not_json_is_a_usage_error(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("not json")
    assert call("zones", path).exit_code == 2


def broken(**changed: object) -> dict[str, object]:
    return {**make_zones(), **changed}


def two_heads_short() -> dict[str, object]:
    data = quarterly()
    data["groups"][0]["heads"] = data["groups"][0]["heads"][:1]
    return data


FAULTS = [
    ("zones", {"bodies": [], "units": []}, "empty"), ("zones", broken(units=[dict(u, load=-1) for u in make_zones()["units"]]), "negative-load"), ("zones", broken(units=[*make_zones()["units"], make_zones()["units"][0]]), "duplicate-id"),
    ("zones", broken(locks=[{"unit": "u00", "body": make_zones()["bodies"][0]["id"], "by": "x", "reason": "x"}], bans=[{"unit": "u00", "body": make_zones()["bodies"][0]["id"], "code": "kin"}]), None),
    ("zones", {}, None), ("designate", {"now": "x"}, "format"), ("designate", {}, "format"), ("staff", {}, None), ("staff", {"officers": 3}, None),
    ("committees", {}, "empty"), ("committees", {"villages": [{"id": 1}], "adjacent": []}, None), ("committees", {**grid(3, 2), "adjacent": [["nobody", "else"]]}, "unknown-village"), ("committees", {**grid(3, 2), "low": 2}, "size"),
    ("rota", {}, "format"), ("rota", two_heads_short(), "two-heads"), ("conflict", {}, None), ("frontier", {}, None), ("replan", {}, None),
]


@pytest.mark.parametrize(("command", "data", "rule"), FAULTS)
def test_every_fault_is_one_json_document_that_names_rule_and_sentence_in_both_languages(tmp_path: Path, command: str, data: object, rule: str | None) -> None:
    result = call(command, write(tmp_path / "f.json", data), "--json")
    assert result.exit_code == 2, result.output
    said = json.loads(result.output)
    assert said["status"] == "refused"
    assert said["rule"] == rule or (rule is None and said["rule"])
    assert said["text"]["zh"]
    assert said["text"]["en"]
    plain = call(command, tmp_path / "f.json")
    assert plain.exit_code == 2
    assert said["text"]["zh"] in plain.output
    assert said["text"]["en"] in plain.output


@pytest.mark.parametrize("command", ["zones", "replan", "frontier", "conflict", "designate", "staff", "committees", "rota", "gap"])
@pytest.mark.parametrize("content", ["not json", "[1, 2]", ""])
def test_a_file_that_is_nothing_is_refused_as_json_too(tmp_path: Path, command: str, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    result = call(command, path, "--json")
    assert result.exit_code == 2, result.output
    assert json.loads(result.output)["status"] == "refused"
    assert call(command, path).exit_code == 2


def test_a_map_of_islands_is_answered_village_by_village(tmp_path: Path) -> None:
    data = grid(3, 2)
    data["adjacent"] = []
    result = call("committees", write(tmp_path / "f.json", data), "--json")
    assert result.exit_code == 0
    made = json.loads(result.output)
    assert [len(c["villages"]) for c in made["committees"]] == [1] * 6
    assert len(made["for_decision"]) == 6
    assert made["check"] == []
