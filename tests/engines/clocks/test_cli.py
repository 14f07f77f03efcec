"""`xieli clock` and `xieli calendar`, as a person types them."""
import json

import pytest
from click.testing import CliRunner

from xieli.faces.cli.main import main


def run(*arguments):
    return CliRunner().invoke(main, arguments)


def test_a_clock_is_explained_day_by_day():
    result = run("clock", "explain", "cn.jb.realname.ack", "--start", "2026-09-24")
    assert result.exit_code == 0
    assert "2026-10-22" in result.output
    assert "检举控告规则第26条〔未核实〕" in result.output
    lines = result.output.splitlines()
    assert any(line.startswith("2026-10-10 六  ✓") and "调休上班" in line for line in lines)
    assert sum(" ✓ " in line for line in lines) == 15


def test_a_long_term_is_shown_in_runs_unless_every_day_is_asked_for():
    short = run("clock", "explain", "cn.jcf.liuzhi", "--start", "2026-02-26", "--lang", "en")
    assert "acted on" in short.output
    assert len(short.output.splitlines()) < 20
    long = run("clock", "explain", "cn.jcf.liuzhi", "--start", "2026-02-26", "--days")
    assert len(long.output.splitlines()) > 90


def test_an_event_without_effect_is_a_finding():
    result = run("clock", "explain", "cn.jcf.liuzhi", "--start", "2026-02-26",
                 "--event", "extend@2026-05-30:approver=next_level,ground=special_circumstances", "--json")
    assert result.exit_code == 1
    data = json.loads(result.output)
    assert data["due_on"] == "2026-05-25"
    assert [item["code"] for item in data["findings"]] == ["late_extension"]
    assert [item["due_on"] for item in data["readings"]] == ["2026-05-25", "2026-05-26"]
    assert len(data["days"]) == 89


@pytest.mark.parametrize("arguments", [
    ("cn.nothing", "--start", "2026-01-01"),
    ("cn.jcf.guanhu", "--start", "2024-01-01"),
    ("cn.jcf.liuzhi", "--start", "yesterday"),
    ("cn.jcf.liuzhi", "--start", "2026-02-26", "--calendar", "mars"),
    ("cn.jcf.liuzhi", "--start", "2026-02-26", "--reading", "3"),
    ("cn.jcf.liuzhi", "--start", "2026-02-26", "--event", "dance@2026-03-01"),
])
def test_a_question_that_makes_no_sense_is_answered_in_words(arguments):
    for lang in ("zh", "en"):
        result = run("clock", "explain", *arguments, "--lang", lang)
        assert result.exit_code == 2
        assert result.output.startswith("Error: ")
        assert any("一" <= ch <= "鿿" for ch in result.output) == (lang == "zh")


def test_the_rules_are_listed_with_their_mark():
    result = run("clock", "rules", "--category", "measure", "--on", "2024-10-01")
    assert "监察法（2018）第43条" in result.output
    assert "cn.jcf.guanhu" not in result.output
    everything = json.loads(run("clock", "rules", "--json").output)
    assert len(everything) == 160
    assert len(json.loads(run("clock", "rules", "--from-pack", "int-baseline", "--json").output)) == 5
    unverified = json.loads(run("clock", "rules", "--unverified", "--json").output)
    assert all(rule["unverified"] for rule in unverified)
    assert 0 < len(unverified) < 160


def test_a_local_pack_can_be_tried_and_a_wrong_one_is_refused(tmp_path):
    pack = tmp_path / "town.yaml"
    text = ("pack: town\nkind: local\nzh: 镇\nen: Town\ndocument: {zh: 文, en: doc}\noverrides:\n"
            "  - {rule: cn.jb.assigned, from: 2026-01-01, limit: {amount: 2, unit: month}, document: {zh: 文, en: doc}}\n")
    pack.write_text(text, encoding="utf-8")
    result = run("clock", "explain", "cn.jb.assigned", "--start", "2026-03-02", "--pack", str(pack))
    assert "2026-05-06" in result.output
    pack.write_text(text.replace("amount: 2", "amount: 9"), encoding="utf-8")
    result = run("clock", "explain", "cn.jb.assigned", "--start", "2026-03-02", "--pack", str(pack))
    assert result.exit_code == 2
    assert "town.yaml:7" in result.output


NOTICE = ("# calendar: cn-mainland\n# notice: 演示\n# years: 2027\nday,working,zh,en\n"
          "2027-01-01,休,元旦,New Year\n2027-01-03,班,调休,worked\n")


def test_a_notice_is_checked_and_compared(tmp_path):
    notice = tmp_path / "n.csv"
    notice.write_text(NOTICE, encoding="utf-8")
    assert run("calendar", "check", str(notice)).exit_code == 0
    result = run("calendar", "diff", str(notice), "--json")
    assert result.exit_code == 1
    data = json.loads(result.output)
    assert data["published"] == [2027]
    assert {"day": "2027-01-03", "before": False, "after": True, "zh": "调休", "en": "worked"} in data["days"]
    assert "休 → 班" in run("calendar", "diff", str(notice)).output
    notice.write_text("# calendar: cn-mainland\n# notice: 演示\nday,working,zh,en\n2026-01-01,rest,元旦,New Year\n", encoding="utf-8")
    assert run("calendar", "diff", str(notice)).exit_code == 0
    notice.write_text(NOTICE.replace("班", "唱"), encoding="utf-8")
    broken = run("calendar", "check", str(notice))
    assert broken.exit_code == 2
    assert "n.csv:6" in broken.output
    notice.write_bytes("日历".encode("gbk"))
    assert run("calendar", "check", str(notice)).exit_code == 2


def test_calendars_are_listed_and_shown():
    assert {item["code"] for item in json.loads(run("calendar", "show", "--json").output)} == {
        "cn-mainland", "int-eu", "demo-yujiang",
    }
    days = json.loads(run("calendar", "show", "cn-mainland", "--year", "2026", "--all-days", "--json").output)
    assert len(days) == 365
    assert "暂定" in run("calendar", "show", "cn-mainland", "--year", "2027").output
    assert run("calendar", "show", "mars").exit_code == 2
    assert run("calendar", "show", "cn-mainland", "--year", "1999").exit_code == 2
