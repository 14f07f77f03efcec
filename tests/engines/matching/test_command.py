"""A newcomer's path through `xieli match`, from an empty folder to an explained hit, and the exit codes on the way."""
from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from xieli.engines.matching.datasets import importing
from xieli.faces.cli.match import PARTS, match

PAYMENTS = "身份证号,姓名,金额,发放日期\n990101195001010016,王某,100,2026-03-01\n990101195001010016,王某,100,2026-04-01\n990101196001010016,李某,100,2026-03-01\n"
DEATHS = "身份证号,死亡日期\n990101195001010016,2026-01-15\n"


class Shell:
    """Runs commands in one folder; `run` returns what was printed, and checks the exit code."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runner = folder, CliRunner()

    def tried(self, *words: str):
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            return self.runner.invoke(match, list(words), catch_exceptions=False)
        finally:
            os.chdir(before)

    def run(self, *words: str, code: int = 0) -> str:
        result = self.tried(*words)
        assert result.exit_code == code, (words, result.output)
        self.printed = result.stdout
        return result.output

    def json(self, *words: str, code: int = 0):
        self.run(*words, "--json", code=code)
        return json.loads(self.printed)


@pytest.fixture
def shell(tmp_path, monkeypatch) -> Shell:
    monkeypatch.setattr(importing, "run_child", lambda plan, folder, seconds, progress: importing.read_and_check(plan, progress))
    (tmp_path / "发放.csv").write_text(PAYMENTS, "utf-8")
    (tmp_path / "死亡.csv").write_text(DEATHS, "utf-8")
    return Shell(tmp_path)


DRAFT = [
    "authorize", "draft", "A-1", "--model", "deceased_recipient", "--bind", "payment=payments", "--bind", "death=deaths",
    "--instrument", "payments=财函〔2026〕1号", "--instrument", "deaths=民函〔2026〕2号", "--matter", "P-1", "--programme-document", "专项1号",
    "--purpose", "核查死后领补|check payments after death", "--criterion", "全县领取人|all recipients", "--basis", "监察法 18", "--assessment", "PIA-1", "--operator", "李办",
]  # fmt: skip


def prepared(shell: Shell) -> None:
    shell.run("init")
    shell.run("describe", "发放.csv", "--name", "payments", "--owner", "finance:县财政局:County finance bureau")
    shell.run("describe", "死亡.csv", "--name", "deaths", "--owner", "civil:县民政局:County civil affairs bureau")
    shell.run("import", "发放.csv", "--as", "payments.dataset.yaml")
    shell.run("import", "死亡.csv", "--as", "deaths.dataset.yaml")
    shell.run("key", "王批", "--body", "县纪委")
    shell.run("key", "赵批", "--body", "县纪委")
    shell.run(*DRAFT)


def test_from_an_empty_folder_to_an_explained_judged_hit(shell):
    prepared(shell)
    shell.run("authorize", "sign", "A-1.yaml", "--person", "王批")
    assert "需要两名" in shell.run("run", "deceased_recipient", "--under", "A-1", "--operator", "李办", code=3)
    shell.run("authorize", "sign", "A-1.yaml", "--person", "赵批")
    result = shell.json("run", "deceased_recipient", "--under", "A-1", "--operator", "李办", code=1)
    assert result["hits"] == 1
    run = result["run"]
    text = shell.run("hits", run)
    assert "2026-01-15" in text
    assert "疑点" in text
    assert "死亡登记滞后" in text
    assert "990101" not in text
    assert "This is a hit, not a finding" in shell.run("hits", run, "--lang", "en")
    (hit,) = shell.json("hits", run)
    assert "王某" in shell.run("reveal", run, hit["hit"], "--by", "李办", "--reason", "核实户籍")
    shell.run("judge", run, hit["hit"], "--verdict", "true", "--reason", "已入户核实", "--by", "李办", "--site", "示范县")
    assert "1/1 = 1.000" in shell.run("outcomes")
    assert "【属实】" in shell.run("hits", run)
    assert "29 天" in shell.run("authorize", "show", "A-1")
    assert shell.json("run", "deceased_recipient", "--under", "A-1", "--operator", "李办", code=1)["again"] is True
    assert shell.json("due")[0]["due"] is False
    assert shell.json("sweep", "--by", "clerk") == []


@pytest.mark.parametrize("page", ["matching.md", "matching.zh.md"])
def test_the_newcomers_page_works_to_the_letter(shell, page):
    """The two files and every command of the page, as printed, lead to a judged hit."""
    text = (Path(__file__).parents[3] / "docs" / page).read_text("utf-8").split("\n## ")[1]
    blocks = [[line[4:] for line in block.splitlines() if line.startswith("    ")] for block in re.split(r"\n(?=\S)", text)]
    tables = [b for b in blocks if b and b[0].startswith("身份证号")]
    for name, rows in zip(("payments.csv", "deaths.csv"), tables, strict=True):
        (shell.folder / name).write_text("\n".join(rows) + "\n", "utf-8")
    commands = [c for b in blocks for c in "\n".join(b).replace("\\\n", " ").splitlines() if c.startswith("xieli match")]
    run = hit = ""
    for line in commands:
        words = shlex.split(line, comments=True)[2:]
        words = [{"RUN": run, "运行号": run, "HIT": hit, "疑点号": hit}.get(w, w) for w in words]
        told = shell.run(*words, code=1 if words[0] == "run" else 0)
        if words[0] == "run":
            run = told.split("：")[0]
            hit = shell.json("hits", run)[0]["hit"]
    assert "1/1 = 1.000" in told


def test_quarantined_rows_end_the_import_with_one_and_come_out_as_a_file(shell):
    shell.run("init")
    shell.run("describe", "发放.csv", "--name", "payments", "--owner", "finance:局:Bureau")
    (shell.folder / "坏.csv").write_text(PAYMENTS + "x,赵某,=1+1,2026-02-30\n", "utf-8")
    told = shell.run("import", "坏.csv", "--as", "payments.dataset.yaml", code=1)
    assert "收到 4 = 接收 3 + 隔离 1" in told
    assert shell.json("errors", "payments", "errors.csv")["rows"] == 1
    assert "日期不存在" in (shell.folder / "errors.csv").read_text("utf-8-sig")
    (row,) = shell.json("datasets")
    assert (row["received"], row["accepted"], row["quarantined"]) == (4, 3, 1)


def test_errors_are_sentences_in_both_languages_with_their_exit_codes(shell):
    assert "不是碰撞工作区" in shell.run("datasets", code=2)
    assert "not a matching workspace" in shell.run("datasets", "--lang", "en", code=2)
    assert shell.json("datasets", code=2)["error"]["code"] == "no_workspace"
    shell.run("init")
    assert shell.json("run", "deceased_recipient", "--under", "../A", "--operator", "x", code=3)["error"]["code"] == "no_authorization"
    assert shell.json("hits", "R-none", code=2)["error"]["code"] == "no_run"
    shell.run("key", "王批", "--body", "b")
    assert shell.json("key", "王批", "--body", "b", code=4)["error"]["code"] == "signer_exists"
    assert shell.json("describe", "none.csv", "--name", "n", "--owner", "o", code=2)["error"]["code"] == "no_file"
    assert shell.json("authorize", "sign", "none.yaml", "--person", "王批", code=2)["error"]["code"] == "no_file"


def test_models_are_listed_and_checked(shell):
    assert len(shell.json("models")) == 27
    assert "死亡人员领补" in shell.run("models")
    bad = shell.folder / "mine" / "half"
    bad.mkdir(parents=True)
    (bad / "model.yaml").write_text("id: half\n")
    told = shell.run("check", "--models", str(shell.folder / "mine"), code=1)
    assert "✗ half" in told
    assert "✓ deceased_recipient" in told


def test_flags_speak_cardinals_json_and_settings(shell):
    (shell.folder / "r.jsonl").write_text('{"ocid":"a","tender":{"numberOfTenderers":1,"procurementMethod":"open"}}\n')
    assert json.loads(shell.run("flags", "r.jsonl", code=1)) == {"OCID": {"a": {"R018": 1.0}}}
    (shell.folder / "s.ini").write_text("[R003]\n")
    assert json.loads(shell.run("flags", "r.jsonl", "--settings", "s.ini")) == {}


def test_the_demo_and_the_evaluation_table(shell):
    assert len(shell.json("demo", "data", "--people", "300")["dead"]) == 3
    assert shell.json("evaluate", "--only", "cardinal", "--data", str(shell.folder))[0]["ok"] is None


def test_every_part_that_is_listed_is_a_command():
    import click

    context = click.Context(match)
    for name in match.list_commands(context):
        assert match.get_command(context, name) is not None, name
        assert "/" in PARTS[name][2]


def test_every_command_answers_json_and_explains_itself():
    runner = CliRunner()
    ours = [n for n, (module, _, _) in PARTS.items() if module != "match_er" and n not in ("authorize", "flags")]
    for name in ours:
        told = runner.invoke(match, [name, "--help"]).output
        assert "--json" in told, name
