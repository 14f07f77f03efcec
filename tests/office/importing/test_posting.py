"""Posting: the sum, need-to-know, the sealed, one transaction, undoing; the command; the other platform's sheet."""
from __future__ import annotations

import json

import openpyxl
import pytest
from click.testing import CliRunner

from tests.office.importing.conftest import HEAD
from tests.office.importing.test_reading import GOOD
from xieli.office.matters.services.errors import Refused


def row(number="", day="2025-03-05", subject="钱某某", unit="某镇", summary="虚报粮补若干", source="信访", id_number=""):
    return [number, day, subject, id_number, unit, "主任", summary, source]


def trial_of(desk, path):
    from xieli.office.matters.importing import service, workbook

    book = workbook.open_book(path)
    return book, service.dry_run(book, desk.body)


def refusal(act):
    from xieli.office.matters.services.errors import Refused

    with pytest.raises(Refused) as error:
        act()
    return error.value.code


def test_a_ledger_becomes_leads_that_can_be_worked_on(desk, ledger):
    from xieli.office.matters.importing import service
    from xieli.office.matters.services import moves
    from xieli.office.matters.tables.core import Matter

    path = ledger([["台账"], ["填报单位：渝江市纪委监委"], HEAD, row("旧1", subject="甲一一"), row("", subject="甲二二"), row("旧3", subject=""), row("", subject="甲四四"), ["合计", "4"]])
    with desk.acts("yj-clerk"):
        _, trial = trial_of(desk, path)
        assert trial.summary() == {"received": 4, "accepted": 3, "doubtful": 0, "refused": 1, "sealed": 0, "stated": 4, "again": False, "passed": [8]}
        batch = service.post(trial, desk.body, desk.room)
        matters = list(service.imported(batch.id).order_by("subjects__name"))
        assert [m.number == "旧1" for m in matters] == [True, False, False]
        printed = [int(m.number.rpartition("〕")[2]) for m in matters[1:]]
        assert len(set(printed)) == 2
        assert all(100_000 <= n <= 999_999 for n in printed), "what is printed tells no count"
        assert all(m.stages == ["registered"] and m.level >= 1 for m in matters)
        # as leads registered one by one: the same caches, the same grants
        moves.make(Matter.objects.get(pk=matters[0].pk), "refuse", reason="没有实质内容", form=("registration", {
            "subject": "甲一一", "unit": str(desk.body), "source": "petition", "named": False, "first_time": True, "received_on": "2025-03-05", "kinds": ["other"],
            "summary": "反映内容笼统，没有实质内容，无法核查", "acceptable": "no_substance"}))
    ids = [m.id for m in matters]
    assert desk.one("select max(number) - min(number) from number_use where matter_id = any(%s)", ids) == 1, "the count behind it has no gap"
    assert desk.one("select count(*) from matter m, access.caches(m.id, access.now()) c where m.id = any(%s) and (m.acl, m.deny) is distinct from (c.acl, c.deny)", ids) == 0
    assert desk.one("select count(*) from matter m where m.id = any(%s) and m.status = 'open' and cardinality(m.acl) <> (select count(*) from matter_work w where w.matter_id = m.id)", ids) == 0
    assert desk.one("select count(*) from audit.event_matter e where e.matter = any(%s)", ids[1:]) >= 2
    assert desk.one("select received = accepted + refused + sealed from import_batch where id = %s", batch.id)
    with desk.acts("wuchuan-handler1"):
        assert not Matter.objects.filter(id__in=ids).exists()
    with desk.acts("yj-clerk"):
        assert refusal(lambda: service.undo(batch.id)) == "worked_on"
        assert Matter.objects.filter(id__in=ids).count() == 3


def test_bulk_and_one_by_one_leave_the_same_rows(desk, ledger):
    from xieli.office.matters.importing import service
    from xieli.office.matters.services import leads

    with desk.acts("yj-clerk"):
        _, trial = trial_of(desk, ledger([HEAD, row("", subject="乙一一")]))
        batch = service.post(trial, desk.body, desk.room)
        bulk = service.imported(batch.id).get()
        single = leads.register(leads.NewMatter("lead", bulk.title, desk.body, desk.room, (leads.Subject("乙一一", unit_name="某镇", post="主任"),), summary=bulk.summary,
                                                source="petition", received_on=bulk.received_on))
        single.refresh_from_db()
    columns = "kind, playbook_version, playbook_sha, title, summary, owner_body_id, owner_room_id, level, status, state, stages, series, urgent, source, source_grade, close_kind, row_version, acl, deny, comps, sure_until, grams"
    for query in (f"select row({columns})::text from matter where id = %s",
                  "select array_agg(row(principal, kind, acts, ends_at - starts_at, basis, reason, posting)::text order by principal)::text from matter_grant where matter_id = %s",
                  "select array_agg(row(token, stage, body_id, state)::text)::text from matter_stage where matter_id = %s",
                  "select array_agg(row(move, from_stage, to_stages, person_id, body_id, reason)::text)::text from matter_move where matter_id = %s",
                  "select array_agg(row(kind, name, id_tail, unit_name, post, cadre_rank, role, dual_managed)::text)::text from matter_subject where matter_id = %s",
                  "select array_agg(row(series, year, state)::text)::text from number_use where matter_id = %s"):
        one, many = desk.one(query, single.id), desk.one(query, bulk.id)
        assert many == one, query


def test_rights_given_to_many_leads_at_once_are_cached_as_if_one_by_one(desk, ledger):
    from xieli.office.matters.importing import service

    with desk.acts("yj-clerk"):
        _, trial = trial_of(desk, ledger([HEAD, *(row(f"并{i}", subject=f"并{n}") for i, n in enumerate("甲乙丙"))]))
        batch = service.post(trial, desk.body, desk.room)
        ids = list(service.imported(batch.id).values_list("id", flat=True))
    kept = "select count(*) from matter m, access.caches(m.id, access.now()) c where m.id = any(%s) and (m.acl, m.deny, m.sure_until) is distinct from (c.acl, c.deny, c.sure_until)"
    read = "insert into matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at) " \
           "select access.new_id(), m, %s, 'leader', '{read,note}', access.now() + %s::interval, access.now() + %s::interval, 'line', '', 0, access.now() from unnest(%s::bigint[]) m"
    head, handler = desk.world.people["yj-head"], desk.world.people["wuchuan-handler1"]
    assert desk.one(kept, ids) == 0
    desk.admin.execute(read, [head, "0", "3 months", ids])
    assert desk.one(kept, ids) == 0
    assert desk.one("select bool_and(%s = any (acl) and sure_until < access.now() + interval '4 months') from matter where id = any(%s)", head, ids)
    # a right that has not begun: the caches say that they are not sure
    desk.admin.execute(read, [handler, "1 month", "2 months", ids[:2]])
    assert desk.one(kept, ids) == 0
    assert desk.one("select array_agg(distinct m.id order by m.id) from matter m where id = any(%s) and sure_until = 'epoch'", ids) == sorted(ids[:2])
    desk.admin.execute("insert into recusal (id, matter_id, principal, ground, automatic, state, starts_at, ends_at, reason)"
                       " select access.new_id(), m, %s, 'own_unit', true, 'in_force', access.now(), access.now() + interval '1 month', '' from unnest(%s::bigint[]) m", [head, ids])
    assert desk.one(kept, ids) == 0
    assert desk.one("select bool_and(%s = any (deny)) from matter where id = any(%s)", head, ids)


def test_what_belongs_to_the_superior_is_counted_and_kept_nowhere(desk, ledger):
    from xieli.office.matters.importing import service, writing

    head, secret = desk.name("yj-head"), "此行不得留存"
    # as a clerk may write him: with a blank, a remark, together with another, with a number while his own was never entered
    desk.admin.execute("update person set id_digest = null where id = %s", [desk.world.people["yj-head"]])
    spelt = [head, "　".join(head), f"{head}（书记）", f"丁一一、{head}", f"丁一一\n{head} "]
    path = ledger([HEAD, *(row(subject=one, summary=secret) for one in spelt), row(subject=head, id_number=GOOD, summary=secret), row(subject="丙一一")])
    with desk.acts("yj-clerk"):
        book, trial = trial_of(desk, path)
        assert (trial.received, trial.sealed, len(trial.rows)) == (7, 6, 1)
        assert secret not in json.dumps(list(book.rows), ensure_ascii=False)
        assert writing.write_problems(path.with_name("e.xlsx"), book, trial.layout, trial.rows) == 0
        batch = service.post(trial, desk.body, desk.room)
        assert (batch.received, batch.accepted, batch.refused, batch.sealed) == (7, 1, 0, 6)
    tables = desk.admin.execute("select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables where schemaname in ('public', 'audit', 'access')").fetchall()
    for (table,) in tables:
        assert desk.one(f"select count(*) from {table} t where t::text like %s", f"%{secret}%") == 0, table


def test_the_door_itself_refuses_what_the_service_would_not_send(desk, ledger):
    from django.db import DatabaseError, connection, transaction
    from psycopg.types.json import Jsonb

    from xieli.office.matters.importing import service

    with desk.acts("yj-clerk"):
        _, trial = trial_of(desk, ledger([HEAD, row(subject="丁一一")]))
        batch = service.post(trial, desk.body, desk.room)
    with desk.acts("wuchuan-handler1"), connection.cursor() as cursor:
        for query, values in (("select access.undo_import(%s)", [batch.id]), ("select access.sealed_among(%s, '{a}', '{}')", [desk.body]),
                              ("select access.post_ledger(%s, %s, '[]')", [batch.id, Jsonb({"owner_body": desk.body})])):
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute(query, values)


@pytest.mark.parametrize("change", [{"number_key": "receipt:1"}, {"number_key": "lead_no:999999"}, {"number_key": "lead_no"}, {"number_key": None}, {"number_pattern": "任意{n}"}, {"number_pattern": None},
                                    {"series": "case_no"}, {"owner_body": None}])
def test_a_ledger_draws_its_numbers_from_its_own_bodys_series_only(desk, ledger, change, monkeypatch):
    """A hostile program that holds the importer's session sends what it likes as the head."""
    from django.db import IntegrityError, ProgrammingError

    from xieli.office.matters.importing import service

    def altered(name, batch, head, entries, *rest):
        return real(name, batch, type(head)({**head.obj, **change}), entries, *rest)

    real = service.call
    counters = desk.admin.execute("select array_agg(row(series, year, last)::text order by 1) from number_series").fetchone()
    monkeypatch.setattr(service, "call", lambda name, *args: altered(name, *args) if name == "post_ledger" else real(name, *args))
    def attack():
        with desk.acts("yj-clerk"):
            _, trial = trial_of(desk, ledger([HEAD, row(subject=f"戊{len(str(change))}")]))
            service.post(trial, desk.body, desk.room)

    with pytest.raises((Refused, IntegrityError, ProgrammingError)):
        attack()
    assert desk.admin.execute("select array_agg(row(series, year, last)::text order by 1) from number_series").fetchone() == counters


def test_undo_takes_everything_back_and_voids_the_numbers(desk, ledger):
    from xieli.office.matters.importing import service

    with desk.acts("yj-clerk"):
        book, trial = trial_of(desk, ledger([HEAD, row(subject="戊一一"), row(subject="戊二二")]))
        batch = service.post(trial, desk.body, desk.room)
        ids = list(service.imported(batch.id).values_list("id", flat=True))
    with desk.acts("yj-clerk"):
        _, second = trial_of(desk, ledger([HEAD, row(subject="戊一一"), row(subject="戊二二")]))
        assert [r.reasons for r in second.rows] == [["known_subject"], ["known_subject"]]
        trial.again = True
        assert refusal(lambda: service.post(trial, desk.body, desk.room)) == "again"
    with desk.acts("yj-clerk"):
        assert service.undo(batch.id) == 2
    for table in ("matter", "matter_grant", "matter_work", "matter_subject", "matter_stage", "matter_move", "recusal"):
        assert desk.one(f"select count(*) from {table} where {'id' if table == 'matter' else 'matter_id'} = any(%s)", ids) == 0, table
    assert desk.one("select count(*) from number_use where state = 'void' and void_reason <> ''") >= 2
    with desk.acts("yj-clerk"):
        assert refusal(lambda: service.undo(batch.id)) == "conflict"
        again = service.dry_run(book, desk.body)
        assert again.summary()["accepted"] == 2


def test_after_a_day_an_import_stays(desk, ledger):
    from xieli.office.matters.importing import service

    with desk.acts("yj-clerk"):
        _, trial = trial_of(desk, ledger([HEAD, row(subject="己一一")]))
        batch = service.post(trial, desk.body, desk.room)
    desk.admin.execute("update import_batch set at = at - interval '25 hours' where id = %s", [batch.id])
    with desk.acts("yj-clerk"):
        assert refusal(lambda: service.undo(batch.id)) == "too_late"


def test_duplicates_are_told_only_among_what_the_importer_may_see(desk, ledger):
    from xieli.office.matters.importing import service

    with desk.acts("yj-clerk"):
        _, trial = trial_of(desk, ledger([HEAD, row("庚号1", subject="庚一一")]))
        service.post(trial, desk.body, desk.room)
    path = ledger([HEAD, row("庚号1", subject="庚二二"), row("庚号2", subject="庚一一")], "b.xlsx")
    with desk.acts("yj-clerk"):
        assert [r.reasons for r in trial_of(desk, path)[1].rows] == [["known_number"], ["known_subject"]]
    own = desk.world.bodies["wuchuan"]
    with desk.acts("wuchuan-handler1"):
        from xieli.office.matters.importing import workbook

        assert [r.reasons for r in service.dry_run(workbook.open_book(path), own).rows] == [[], []]
        assert refusal(lambda: trial_of(desk, path)) == "own_body_only"


def test_the_error_workbook_comes_back_mended(desk, ledger, tmp_path):
    from xieli.office.matters.importing import service, workbook, writing

    path = ledger([["台账"], HEAD, row("辛1", 45724, "辛一一", summary=""), row("辛2", "不是日期", "辛二二"), [*row("辛3", subject="辛三三")[:3], 330101199001011236, "某镇", "", "=HYPERLINK(1)", "巡察"], row("辛4", subject="辛四四")])
    with desk.acts("yj-clerk"):
        book, trial = trial_of(desk, path)
        assert trial.counts == {"in": 1, "doubtful": 1, "refused": 2}
        assert writing.write_problems(tmp_path / "mend.xlsx", book, trial.layout, trial.rows) == 3
        service.post(trial, desk.body, desk.room)
        mend = openpyxl.load_workbook(tmp_path / "mend.xlsx")
        sheet = mend.active
        assert all(c.data_type != "f" for r in sheet.iter_rows() for c in r)
        at = {c.value: c.column for c in sheet[1]}
        assert [sheet.cell(r, 1).value for r in (2, 3, 4)] == [3, 4, 5]
        assert "文本" in sheet.cell(4, 2).value
        sheet.cell(2, at["反映的主要问题"]).value = "补上的问题"
        sheet.cell(3, at["收件时间"]).value = "2025-03-06"
        mend.save(tmp_path / "mended.xlsx")
        _, second = trial_of(desk, tmp_path / "mended.xlsx")
        assert second.counts == {"in": 3, "doubtful": 0, "refused": 0}, [(r.subject, r.reasons) for r in second.rows]
        assert [r.received_on.isoformat() for r in second.rows] == ["2025-03-08", "2025-03-06", "2025-03-05"]
        assert workbook.open_book(tmp_path / "mended.xlsx").rows[3][at["反映的主要问题"] - 1] == "=HYPERLINK(1)"


def test_typed_once_and_reconciled_with_the_other_platform(desk, ledger, tmp_path):
    from pathlib import Path

    from xieli.office.matters.importing import service, workbook, writing

    found = writing.load_map(Path(writing.__file__).with_name("upper_platform.yaml"))
    with desk.acts("yj-clerk"):
        _, trial = trial_of(desk, ledger([HEAD, row("壬1", subject="壬一一"), row("壬2", subject="壬二二")]))
        batch = service.post(trial, desk.body, desk.room)
        entries = list(service.entries_of(service.imported(batch.id)))
        assert writing.write_out(tmp_path / "up.xlsx", found, entries) == 2
        assert writing.reconcile(found, entries, workbook.open_book(tmp_path / "up.xlsx")) == (2, 2, [])
        theirs = openpyxl.load_workbook(tmp_path / "up.xlsx")
        sheet = theirs.active
        sheet["C3"] = "另一单位"
        sheet.append(["壬9"])
        sheet.delete_rows(4)
        theirs.save(tmp_path / "theirs.xlsx")
        ours, held, differences = writing.reconcile(found, entries, workbook.open_book(tmp_path / "theirs.xlsx"))
    gone = sheet["A3"].value
    other = next(e["number"] for e in entries if e["number"] != gone)
    assert (ours, held) == (2, 2)
    assert [(d.number, d.column) for d in differences] == [(gone, "单位名称"), (other, ""), ("壬9", "")]


def test_the_command_says_it_in_json(desk, ledger, monkeypatch):
    from xieli.faces.cli.lead import lead

    for key, value in desk.database.environment("web").items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("XIELI_LANG", "zh")
    path = ledger([HEAD, row("癸1", subject="癸一一"), row("癸2", subject="")], "c.xlsx")
    who = ["--as", desk.name("yj-clerk"), "--json"]

    def run(*args, code=0):
        done = CliRunner().invoke(lead, [str(a) for a in args])
        assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    body = desk.one("select code from body where id = %s", desk.body)
    tried = run("import", path, "--body", body, "--dry-run", *who, code=1)
    assert (tried["posted"], tried["received"], tried["accepted"], tried["refused"]) == (False, 2, 1, 1)
    assert tried["rows"] == [{"row": 3, "pile": "refused", "reasons": ["no_subject"]}]
    posted = run("import", path, "--body", body, *who, code=1)
    assert posted["posted"]
    assert run("import", path, "--body", body, *who, code=4)["error"]["code"] == "again"
    assert [x["number"] for x in run("list", "--text", "癸一一", *who)] == ["癸1"]
    told = run("trace", "癸1", *who)
    assert [s["move"] for s in told["steps"]] == ["start"]
    assert run("list", "--json", code=3)["error"]["code"] == "no_session"
    assert run("trace", "癸1", "--as", desk.name("wuchuan-handler1"), "--json", code=3)["error"]["code"] == "not_found"
    assert run("undo", posted["import"], *who) == {"undone": 1}
