"""Every command of `xieli`, walked from the command's own tree: help in both languages, one JSON document, the right exit code, errors as JSON.

A command that stands in none of the tables fails the first test. The commands of the ground are run for real, in this process,
on a copy of the furnished world; what is proved elsewhere is named with its file.
"""
from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner, Result
from openpyxl import Workbook

from tests import dbfixtures
from tests.djangodb import use
from tests.office.conftest import world_template  # noqa: F401
from xieli.faces.cli.main import main
from xieli.server import dbroles
from xieli.server.cluster import Server

ROOT = Path(__file__).resolve().parents[3]
CHINESE, ENGLISH = re.compile("[一-鿿]"), re.compile("[A-Za-z]{2}")
PHRASE = "twelve letters and more"
NOTICE = "# calendar: cn-mainland\n# notice: 演示\n# years: 2027\nday,working,zh,en\n2027-01-01,休,元旦,New Year\n2027-01-03,班,调休,worked\n"
SETUP = {"own": "own", "bodies": [{"code": "own", "zh": "某市纪委监委", "en": "Commission", "kind": "commission", "rank": "prefecture"}],
         "administrators": {"system_admin": {"name": "系一", "login": "sys"}, "security_admin": {"name": "安二", "login": "sec"}, "audit_admin": {"name": "审三", "login": "aud"}}}


def walk(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by what a person types."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, name
            yield from walk(found, (*path, name))
    else:
        yield " ".join(path), command


COMMANDS = dict(walk(main))


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def document(result: Result, code: int) -> Any:
    """The one JSON document on standard output."""
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


class Desk:
    """An installation in an external database (the tests' own cluster), with a home of its own."""

    def __init__(self, server: Server, folder: Path, world: str) -> None:
        self.server, self.folder = server, folder
        self.home = folder / "home"
        secrets = self.home / "secrets"
        secrets.mkdir(parents=True)
        for role in dbroles.LOGIN_ROLES:
            self.secret(secrets / f"{dbfixtures.PREFIX}-{role}.password", dbfixtures.PASSWORD)
        self.main = self.database("cli", world)
        self.blank = self.database("cli_blank", dbfixtures.make_template(server))  # the structure, not set up
        self.empty = self.database("cli_empty")  # no structure; restored into
        self.bare = self.database("cli_bare")  # no structure, and it stays so
        self.demo = dbfixtures.clone(server, f"xcli_demo_{os.getpid()}", mark="demo")
        (self.file("setup.yaml")).write_text(yaml.safe_dump(SETUP, allow_unicode=True))
        self.file("bad.yaml").write_text("own: x\n")
        self.file("notice.csv").write_text(NOTICE)
        self.file("bad.csv").write_text(NOTICE.replace("班", "唱"))
        self.file("phrase").write_text(PHRASE)
        book = Workbook()
        for row in (["线索编号", "受理日期", "被反映人", "证件号码", "单位", "职务", "主要问题", "来源"], ["癸1", "2025-03-05", "癸一一", "", "某镇", "主任", "虚报粮补若干", "信访"]):
            book.active.append(row)
        book.save(self.file("ledger.xlsx"))

    def secret(self, path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o600)

    def file(self, name: str) -> Path:
        return self.folder / name

    def database(self, name: str, template: str | None = None) -> dbfixtures.TestDatabase:
        made = dbfixtures.TestDatabase(self.server, f"x{name}_{os.getpid()}")
        dbfixtures.drop(made)
        dbroles.ensure_database(self.server.dsn(), made.name, dbfixtures.PREFIX, template)
        return made

    def at(self, database: dbfixtures.TestDatabase, role: str = "web") -> None:
        """Commands now work on this database; Django, which one process sets up once, follows."""
        os.environ["DATABASE_URL"] = database.dsn()
        use(database, role)
        os.environ.pop(f"XIELI_DB_{role.upper()}", None)

    def name(self, person: str) -> str:
        from xieli.office.demo import world

        return next(p.name for p in world.PEOPLE if p.code == person)


@pytest.fixture(scope="module")
def desk(pg_cluster: Server, world_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:  # noqa: F811
    from django.conf import settings
    from django.db import connections

    kept, files, folder = dict(os.environ), settings.FILES, tmp_path_factory.mktemp("cli")
    for name in [n for n in os.environ if n.startswith("XIELI_DB_")]:
        del os.environ[name]
    os.environ.update({"XIELI_HOME": str(folder / "home"), "XIELI_PREFIX": dbfixtures.PREFIX, "XIELI_LANG": "zh"})
    found = Desk(pg_cluster, folder, world_template)
    yield found
    connections.close_all()
    settings.FILES = files
    os.environ.clear()
    os.environ.update(kept)
    for database in (found.main, found.blank, found.empty, found.bare, found.demo):
        dbfixtures.drop(database)


GROUND = (  # the commands that the ground promises
    "init", "serve", "demo load", "demo reset", "doctor", "verify", "backup create", "restore", "upgrade", "lead import", "lead list", "lead trace", "clock explain", "clock due",
    "playbook check", "playbook diagram", "playbook bpmn", "calendar import", "calendar diff", "org merge", "story list", "story run")
HERE = "tests/faces/cli/test_every_command.py"
ALLOCATION, MATCHING, ER, LEDGER = "tests/engines/allocation/test_cli.py", "tests/engines/matching/test_command.py", "tests/engines/matching/er/test_cli.py", "tests/office/audit/test_exports.py"
ELSEWHERE = {  # what runs the command for real
    **dict.fromkeys([p for p in COMMANDS if p.startswith("allocate ")], ALLOCATION),
    **dict.fromkeys([p for p in COMMANDS if p.startswith("audit ")], LEDGER),
    **dict.fromkeys([p for p in COMMANDS if p.startswith("match ") and not p.startswith(("match link", "match synth", "match psi", "match relations", "match publish"))], MATCHING),
    **dict.fromkeys(["match link", "match synth", *(p for p in COMMANDS if p.startswith("match relations"))], ER),
    **dict.fromkeys([p for p in COMMANDS if p.startswith("match psi")], "tests/engines/matching/psi/test_psi.py"),
    **dict.fromkeys([p for p in COMMANDS if p.startswith("reporter ")], "tests/office/reporters/test_attacks.py"),
    "api openapi": "tests/api/test_schema.py", "api token": "tests/api/conftest.py", "serve": "tests/server/test_serving.py",
    "calendar check": "tests/engines/clocks/test_cli.py", "calendar show": "tests/engines/clocks/test_cli.py", "clock rules": "tests/engines/clocks/test_cli.py",
    **{f"playbook {name}": "tests/content/test_playbooks.py" for name in ("list", "diff", "walk", "doc", "schema")},
    **{f"lead {name}": "tests/office/importing/test_posting.py" for name in ("reconcile", "undo")},
    **dict.fromkeys(["allocate example", "match cancel", "match lift", "match psi demo", "match psi keygen"], HERE),
}


# ── what is the same for all ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", COMMANDS)
def test_its_help_speaks_both_languages(path: str) -> None:
    for language in ("zh", "en"):
        shown = CliRunner(env={"XIELI_LANG": language}).invoke(main, [*path.split(), "--help"])
        assert shown.exit_code == 0
        described = COMMANDS[path].help or ""
        assert CHINESE.search(described), described
        assert ENGLISH.search(described), described


@pytest.mark.parametrize("path", [p for p in COMMANDS if p.split()[0] in {g.split()[0] for g in GROUND}])
def test_what_an_option_of_the_ground_means_is_said_in_both_languages(path: str) -> None:
    for option in COMMANDS[path].params:
        if isinstance(option, click.Option):
            assert CHINESE.search(option.help or ""), option.opts
            assert ENGLISH.search(option.help or ""), option.opts


@pytest.mark.parametrize("path", COMMANDS)
def test_a_line_that_makes_no_sense_is_answered_as_json_in_both_languages(path: str) -> None:
    for language in ("zh", "en"):
        result = CliRunner(env={"XIELI_LANG": language}).invoke(main, [*path.split(), "--no-such-thing", "--json"])
        error = document(result, 2)["error"]
        assert CHINESE.search(error["zh"])
        assert ENGLISH.search(error["en"])
        assert not CHINESE.search(error["en"])
        plain = CliRunner(env={"XIELI_LANG": language}).invoke(main, [*path.split(), "--no-such-thing"])
        assert plain.exit_code == 2
        assert plain.stdout == ""
        assert bool(CHINESE.search(plain.stderr.splitlines()[-1])) == (language == "zh")


def test_every_command_stands_in_a_table() -> None:
    """A new command needs an entry: a case here, or the file that proves it."""
    assert {*CASES, *ELSEWHERE} == {*COMMANDS}
    assert not {*CASES} & {*ELSEWHERE}
    assert {*GROUND} - {"serve"} <= {*CASES}
    for path, file in ELSEWHERE.items():
        text = (ROOT / file).read_text()
        assert re.search(rf"\b{path.split()[-1]}\b", text), f"{file} does not run {path}"
    for path in CASES:
        assert any("--json" in o.opts for o in COMMANDS[path].params), path


# ── the commands of the ground, each for real ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Case:
    """Lines that a person types, each with its exit code; `held` looks at each good answer, errors carry zh and en."""

    good: Callable[[Desk], list[tuple[list[Any], int]]]
    bad: Callable[[Desk], list[tuple[list[Any], int]]]
    held: Callable[[Any], bool]
    where: str = "main"
    role: str = "web"
    before: Callable[[Desk, pytest.MonkeyPatch], None] = lambda desk, patch: None


def lines(*rows: tuple[list[Any], int]) -> Callable[[Desk], list[tuple[list[Any], int]]]:
    return lambda desk: list(rows)


def made_quickly(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """A story's or a demo's database comes from the tests' template instead of a migration of its own."""
    from xieli.office.demo import load
    from xieli.office.demo.stories import sc03_one_call
    from xieli.server import prepare

    whole = load.load

    def from_template(db: Any, say: Any) -> None:
        dbroles.ensure_database(desk.server.dsn(), db.database, dbfixtures.PREFIX, dbfixtures.make_template(desk.server))

    patch.setattr(prepare, "bring_up_to_date", from_template)
    def until_the_hand_over(connection: Any, say: Any) -> None:
        stage = whole(connection, say=say, surroundings=False)
        stage.at("2026-03-17 10:00")
        sc03_one_call.the_call(stage)
        sc03_one_call.the_hand_over(stage)

    patch.setattr(load, "load", until_the_hand_over)


def for_a_story(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    made_quickly(desk, patch)
    use(dbfixtures.TestDatabase(desk.server, f"{dbfixtures.PREFIX}_story_{os.getpid()}"))
    os.environ.pop("XIELI_DB_WEB", None)


def who(desk: Desk) -> list[str]:
    return ["--as", desk.name("yj-clerk")]


def hardened(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """What every start of an installation does."""
    from xieli.server import postgres, prepare, queue

    queue.settle(postgres.instance().role_dsn("owner"), dbfixtures.PREFIX)
    assert prepare.harden(postgres.instance())


def backed_up(desk: Desk) -> list[tuple[list[Any], int]]:
    for letter in "abc":
        made = document(invoke("backup", "custodian", f"保管人{letter}", "--out", desk.file(f"{letter}.key"), "--passphrase-file", desk.file("phrase"), "--json"), 0)
        desk.file(f"{letter}.key.pub").write_text(made["public"])
    return [(["--to", desk.file("backups"), *(x for c in "abc" for x in ("--custodian", desk.file(f"{c}.key.pub")))], 0)]


def restorable(desk: Desk) -> list[tuple[list[Any], int]]:
    data, keys = (next(desk.file("backups").glob(f"*.{kind}")) for kind in ("data", "keys"))
    os.environ["XIELI_HOME"] = str(desk.file("home2"))
    (desk.file("home2") / "secrets").mkdir(parents=True, exist_ok=True)
    for file in (desk.home / "secrets").glob("*.password"):
        desk.secret(desk.file("home2") / "secrets" / file.name, file.read_text())
    return [([data, keys, *(x for c in "ab" for x in ("--key", desk.file(f"{c}.key"), "--passphrase-file", desk.file("phrase")))], 0)]


CASES: dict[str, Case] = {  # in this order: the demo is made first, the restore follows the backup
    "demo reset": Case(lines((["--yes"], 0)), lines((["--no"], 2)), lambda a: a["loaded"] and a["matters"] >= 1, where="demo", before=made_quickly),
    "demo load": Case(lines(([], 0)), lines((["again"], 2)), lambda a: a["loaded"] is False, where="demo"),
    "playbook check": Case(lines((["lead", "--walks", 2], 0)), lambda d: [(["nothing"], 2), ([d.file("bad.yaml")], 2), ([d.file("missing.yaml")], 2)], lambda a: a == {"checked": 1, "problems": []}),
    "playbook diagram": Case(lines((["lead"], 0)), lines((["nothing"], 2)), lambda a: {r["stage"] for r in a} >= {"registered", "opinion"}),
    "playbook bpmn": Case(lines((["lead"], 0)), lines((["nothing"], 2)), lambda a: a["bpmn"].startswith("<?xml")),
    "calendar diff": Case(lambda d: [([d.file("notice.csv")], 1)], lambda d: [([d.file("bad.csv")], 2), ([d.file("none.csv")], 2)], lambda a: a["published"] == [2027]),
    "clock explain": Case(lines((["cn.jb.realname.ack", "--start", "2026-09-24"], 0)), lines((["cn.nothing", "--start", "2026-09-24"], 2), (["cn.jb.realname.ack"], 2), (["cn.jb.realname.ack", "--start", "soon"], 2)),
                          lambda a: a["due_on"] == "2026-10-22"),
    "story list": Case(lines(([], 0)), lines((["too many"], 2)), lambda a: {"SC-03", "SC-06"} <= {x["id"] for x in a} and all(x["zh"] and x["en"] for x in a)),
    "lead import": Case(lambda d: [([d.file("ledger.xlsx"), "--body", "yj", *who(d)], 0)], lambda d: [([d.file("ledger.xlsx"), "--body", "yj", *who(d)], 4), ([d.file("phrase"), "--body", "yj", *who(d)], 2),
                                                                                                   ([d.file("ledger.xlsx")], 3), ([d.file("ledger.xlsx"), "--column", "x", *who(d)], 2)],
                        lambda a: a["posted"] and a["received"] == a["accepted"] + a["refused"] + a["sealed"] == 1, where="demo"),
    "lead list": Case(lambda d: [(["--text", "癸一一", *who(d)], 0)], lambda d: [([], 3), (["--limit", 0, *who(d)], 2)], lambda a: [x["number"] for x in a] == ["癸1"], where="demo"),
    "lead trace": Case(lambda d: [(["癸1", *who(d)], 0)], lambda d: [(["癸9", *who(d)], 3), (["癸1"], 3), (["癸1", "--as", d.name("wuchuan-handler1")], 3)], lambda a: a["matter"]["number"] == "癸1", where="demo"),
    "lead out": Case(lambda d: [([d.file("theirs.xlsx"), "--purpose", "抄送另一平台", *who(d)], 0)], lambda d: [([d.file("theirs.xlsx"), "--purpose", "x"], 3), ([d.file("theirs.xlsx"), *who(d)], 2)], lambda a: a["written"] >= 1, where="demo"),
    "clock due": Case(lines((["--days", 3650], 0)), lines((["--days", "soon"], 2)), lambda a: a != [] and {"rule", "alarm_at", "body_zh", "body_en"} <= {*a[0]}, where="demo"),
    "calendar import": Case(lambda d: [([d.file("notice.csv")], 0)], lambda d: [([d.file("notice.csv")], 2), ([d.file("bad.csv")], 2)], lambda a: a["published"] == [2027] and {"looked_at", "moved", "revision"} <= {*a}, where="demo", role="backup"),
    "verify": Case(lines(([], 0), (["clocks", "numbers"], 0)), lines((["colours"], 2)), lambda a: "clocks" in a and not any(a.values()), role="backup"),
    "org merge": Case(lines((["wuchuan", "linjiang", "--on", "2026-03-01", "--dry-run"], 0), (["wuchuan", "linjiang", "--on", "2026-03-01"], 0)),
                      lines((["wuchuan", "linjiang", "--on", "2026-03-01"], 2), (["nowhere", "linjiang", "--on", "2026-03-01"], 2), (["linjiang", "linjiang", "--on", "2026-03-01"], 2), (["linjiang", "yj", "--on", "soon"], 2)),
                      lambda a: a["still_posted"] >= 1 and {"matters", "debts", "parcels", "areas", "dry_run"} <= {*a}, where="demo"),
    "match publish": Case(lines(([], 0), ([], 0)), lines((["more"], 2)), lambda a: a["datasets"] == 0 and "matching" in a["folder"], role="backup"),
    "upgrade": Case(lines((["--check"], 0)), lambda d: [(["--backups", d.file("none")], 2)], lambda a: a["steps"] == [] and not a["done"]),
    "doctor": Case(lines(([], 0)), lines((["everything"], 2)), lambda a: a["state"] != "failure" and {"database", "python"} <= {c["name"] for c in a["checks"]} and all(c["zh"] and c["en"] for c in a["checks"])),
    "backup custodian": Case(lambda d: [(["保管人甲", "--out", d.file("x.key"), "--passphrase-file", d.file("phrase")], 0)], lambda d: [(["保管人甲", "--out", d.file("x.key"), "--passphrase-file", d.file("phrase")], 1)],
                             lambda a: len(a["fingerprint"]) == 19),
    "backup create": Case(backed_up, lambda d: [(["--to", d.file("backups"), "--custodian", d.file("phrase")], 1), ([], 2)], lambda a: a["rows"] > 100 and len(a["custodians"]) == 3, role="backup", before=hardened),
    "backup show": Case(lambda d: [([next(d.file("backups").glob("*.data"))], 0)], lambda d: [([d.file("phrase")], 1)], lambda a: a["open_with"] == 2 and len(a["custodians"]) == 3),
    "restore": Case(restorable, lambda d: [([d.file("phrase"), d.file("phrase"), "--key", d.file("a.key"), "--passphrase-file", d.file("phrase")], 1)], lambda a: a["whole"] and a["lost"][0]["zh"] and a["lost"][0]["en"], where="empty"),
    "init": Case(lambda d: [([d.file("setup.yaml")], 0)], lambda d: [([d.file("setup.yaml")], 4), ([d.file("bad.yaml")], 2), ([d.file("none.yaml")], 2)], lambda a: [c["login"] for c in a] == ["sys", "sec", "aud"], where="blank"),
    "story run": Case(lines((["SC-06"], 0)), lines((["SC-99"], 2), ([], 2)), lambda a: [x["held"] for x in a] == [True] and len(a[0]["checks"]) >= 5, before=for_a_story),
}


@pytest.mark.db
@pytest.mark.parametrize("path", CASES)
def test_it_prints_one_json_document_with_the_right_exit_code(path: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[path]
    os.environ["XIELI_HOME"] = str(desk.home)
    desk.at(getattr(desk, case.where), case.role)
    case.before(desk, monkeypatch)
    for arguments, code in case.good(desk):
        answer = document(invoke(*path.split(), *arguments, "--json"), code)
        assert case.held(answer), answer
    for arguments, code in case.bad(desk):
        error = document(invoke(*path.split(), *arguments, "--json"), code)["error"]
        assert CHINESE.search(error["zh"]), error
        assert ENGLISH.search(error["en"]), error


@pytest.mark.db
@pytest.mark.parametrize("command", ["demo load", "demo reset --yes"])
def test_the_demos_commands_refuse_any_other_installation(desk: Desk, command: str) -> None:
    desk.at(desk.main)
    with desk.main.admin() as admin:
        before = admin.execute("select count(*) from matter").fetchone()
        error = document(invoke(*command.split(), "--json"), 1)["error"]
        assert "not a demo" in error["en"]
        assert "不是演示" in error["zh"]
        assert admin.execute("select count(*) from matter").fetchone() == before


@pytest.mark.db
def test_what_runs_nowhere_is_said_as_json(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that does not answer, and one that was never set up."""
    monkeypatch.setenv("XIELI_HOME", str(desk.home))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    for command in ("verify", "clock due", "upgrade --check", "demo load", "story run SC-06", "org merge a b --on 2026-01-01", "serve --demo"):
        error = document(invoke(*command.split(), "--json"), 1)["error"]
        assert error["zh"]
        assert error["en"]
    desk.at(desk.bare)
    assert "not been set up" in document(invoke("verify", "--json"), 1)["error"]["en"]


def test_the_small_commands_that_nothing_else_runs(tmp_path: Path) -> None:
    assert json.loads(invoke("allocate", "example", "zones").stdout)
    assert document(invoke("match", "psi", "keygen", tmp_path / "k", "--json"), 0)["public"]
    assert "exists" in document(invoke("match", "psi", "keygen", tmp_path / "k", "--json"), 1)["error"]["en"]
    played = invoke("match", "psi", "demo", tmp_path / "psi")
    assert played.exit_code == 1, "there are hits"
    assert "文件夹非空" in document(invoke("match", "psi", "demo", tmp_path / "psi", "--json"), 1)["error"]["zh"]
    here = ["-C", tmp_path / "w", "--json"]
    assert document(invoke("match", "init", *here), 0)
    assert document(invoke("match", "cancel", "r-1", *here), 2)["error"]["code"] == "no_run"
    assert document(invoke("match", "lift", "deceased_recipient", "--by", "甲", "--reason", "改了口径", *here), 0)["lifted"]
    assert document(invoke("match", "lift", "deceased_recipient", "--by", "甲", "--reason", " ", *here), 2)["error"]["code"] == "reason"


@pytest.mark.db
@pytest.mark.parametrize("line", ["lead list", "lead trace 1", "clock due", "org merge a b --on 2026-01-01", "verify", "calendar import NOTICE"])
def test_on_an_empty_home_a_newcomer_is_told_what_to_start_with(desk: Desk, line: str) -> None:
    desk.at(desk.bare)
    error = document(invoke(*line.replace("NOTICE", str(desk.file("notice.csv"))).split(), "--json"), 1)["error"]
    assert "还没有设立" in error["zh"]
    assert "has not been set up" in error["en"]
    assert "LINE 1" not in error["en"], "no speech of the database's"
