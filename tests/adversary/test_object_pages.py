"""Pages of things: every thing that the full demo holds × every role. A run of the bridge, a plan, a release, an export, a draft, a report of a
reporter: its page opens for exactly those whose session sees its row (and, where it hangs on a matter, may read that matter), and its forms answer
everybody else as for a thing that never was.

Which route shows which table is written in `PAGES` and `FORMS`; a `gone` line of tests/faces/web/routes.csv whose address names a thing must stand here
or in `ELSEWHERE` with the test that asks it.
"""
from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import dbfixtures, djangodb
from tests.adversary.routes import table
from tests.faces.web.test_routes import FORM, ROLES

FOLLOWED = ("handover", "feedback_duty")
MOST = 3  # things of a table that are asked, those of different matters first
PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "draft": ("draft", {}), "release": ("release", {}), "release_drill": ("release", {"code": "nothing"}), "export": ("register_export", {}),
    "desk_authorization": ("match_authorization", {}), "desk_relations": ("match_authorization", {}), "desk_snapshot": ("match_snapshot", {}), "desk_progress": ("match_run", {}), "desk_hit": ("match_hit", {}),
    "area_run": ("plan_run", {}), "area_progress": ("plan_run", {}), "area_file": ("plan_run", {"part": "plan"}), "area_version": ("plan_version", {}), "designation_batch": ("plan_run", {}),
    "staffing_run": ("plan_run", {}), "staffing_progress": ("plan_run", {}), "drill_night": ("drill", {}),
    "parcel": ("handover", {}), "approval": ("approval", {}), "round": ("matter", {}), "pack": ("matter", {}), "room": ("matter", {}), "campaign": ("matter", {}), "project": ("matter", {}), "section": ("matter", {}), "chain": ("matter", {}),
}
FORMS: dict[str, str] = {
    "owed_notice": "measure_notice", "owed_sheet": "rights_sheet", "owed_task": "task", "task_done": "task", "release_pass": "release", "import_undo": "import_batch",
    "desk_keep": "match_authorization", "desk_ftm": "match_authorization", "desk_arm": "match_authorization", "desk_stand_down": "match_tripwire", "desk_call_off": "match_run", "desk_sign": "match_authorization",
    "desk_run": "match_authorization", "desk_reveal": "match_hit", "desk_judge": "match_hit", "desk_correct": "match_hit", "desk_answer": "match_correction",
    "area_call_off": "plan_run", "area_again": "plan_run", "area_what_if": "plan_run", "area_decide": "plan_version", "weights_decide": "ranking_weights", "drill_step": "drill", "merge_decide": "body_merge",
    "staffing_ask": "matter", "led_to": "matter", "staffing_send": "plan_run", "export_take": "register_export", "export_stop": "register_export",
    "decide": "approval", "paper": "approval", "withdraw": "approval", "parcel_step": "handover", "remind": "handover", "tell_sender": "handover", "answer": "feedback_duty",
}
#: a thing that is no row of a table of matters or persons: where its roles are asked
ELSEWHERE = {
    "prove": "tests/faces/web/test_proving.py", "tour_there": "tests/faces/web/test_menu.py", "drill": "tests/faces/web/test_reports.py", "release_ask": "tests/faces/web/test_reports.py", "desk_dataset": "tests/faces/web/test_desk.py",
    "reporter": "tests/faces/web/test_reporters.py", "reporter_request": "tests/faces/web/test_reporters.py", "reporter_act": "tests/faces/web/test_reporters.py",
    "admin_act": "tests/faces/web/test_administrators.py", "my_access_act": "tests/faces/web/test_administrators.py", "circle_act": "tests/faces/web/test_circles.py", "reset_act": "tests/office/accounts/test_resets.py",
    "clients_act": "tests/api/test_tokens.py", "glass_break": "tests/office/access/test_doors.py", "glass_judge": "tests/office/access/test_doors.py", "recusal_decide": "tests/office/access/test_doors.py",
    "merge_ask": "tests/faces/web/test_merge.py", "group_seat": "tests/faces/web/test_founding.py", "group_end": "tests/faces/web/test_founding.py", "series_end": "tests/faces/web/test_founding.py", "calendar_feed": "tests/api/test_calendar.py",
    "release_signed": "tests/faces/web/test_release_signed.py",
}


def test_every_thing_with_an_address_is_asked_here_or_elsewhere() -> None:
    lines = {row.name for row in table() if row.rule == "gone"}
    assert lines - set(PAGES) - set(FORMS) - set(ELSEWHERE) == set(), "say which table the page shows"
    known = {row.name for row in table()}
    assert (set(PAGES) | set(FORMS) | set(ELSEWHERE)) - known == set()
    assert all((Path(__file__).parents[2] / where).is_file() for where in ELSEWHERE.values())


@pytest.fixture(scope="module")
def full(pg_cluster: Any) -> Iterator[tuple[Any, dbfixtures.TestDatabase]]:
    """The demo with all its surroundings."""
    database = dbfixtures.clone(pg_cluster, f"things_{os.getpid()}", mark="demo")
    djangodb.use(database)
    from django.db import connections

    from xieli.office.demo import load

    admin = database.admin()
    yield load.load(admin, say=lambda text: print(text, flush=True)), database
    admin.close()
    connections.close_all()
    dbfixtures.drop(database)


def things(admin: Any, table: str) -> list[tuple[int, int | None]]:
    """Some rows of the table as (identity, matter), of as many matters and states as may be."""
    columns = {r[0] for r in admin.execute("select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped", [table])}
    matter = "id" if table == "matter" else "matter_id" if "matter_id" in columns else "null::bigint"
    part = "kind" if "kind" in columns else matter
    rows = admin.execute(f"select distinct on ({part}) id, {matter} from {table} order by {part}, id").fetchall()
    return rows if table == "matter" else rows[:MOST]


def sees(theatre: Any, person: str, table: str, thing: int, matter: int | None) -> bool:
    """Whether the person's session sees the row, and may read its matter; a parcel and the answer owed for it are followed by the sender, who may not read it."""
    from django.db import connection

    with theatre.acts(person), connection.cursor() as cursor:
        cursor.execute(f"select exists (select 1 from {table} where id = %s) and (%s::bigint is null or {'true' if table in FOLLOWED else 'access.may(%s, ' + chr(39) + 'read' + chr(39) + ')'})",
                       [thing, matter] if table in FOLLOWED else [thing, matter, matter])
        return bool(cursor.fetchone()[0])


@pytest.mark.soak
def test_a_things_page_opens_for_whom_its_row_is_seen_and_its_forms_tell_others_nothing(full: tuple[Any, dbfixtures.TestDatabase]) -> None:
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    from xieli.office.ids import to_ref

    theatre, database = full
    djangodb.use(database)
    clients = {}
    for person in ROLES:
        clients[person] = Client(raise_request_exception=False)
        clients[person].cookies[settings.SESSION_COOKIE] = theatre.token(person)
    nothing = clients["chief3"].get("/m/0000000000000").content
    wrong, asked, opened = [], 0, set()
    for name, (where, more) in PAGES.items():
        for thing, matter in things(theatre.admin, where):
            url = reverse(name, kwargs={"ref": to_ref(thing), **more})
            may = {p for p in ROLES if sees(theatre, p, where, thing, matter)}
            shown = set()
            for person, client in clients.items():
                answer = client.get(url)
                asked += 1
                if answer.status_code == 404 and answer.content == nothing:
                    continue
                shown.add(person)
                if answer.status_code not in (200, 302):
                    wrong.append(f"{name}: {answer.status_code} to {person}")
            if shown:
                opened.add(name)
            if shown - may or (shown and may - shown):
                wrong.append(f"{name} of {thing}: leaked to {sorted(shown - may)}, denied to {sorted(may - shown)}")
    tried = set()
    for name, where in FORMS.items():
        for thing, matter in things(theatre.admin, where):
            url = reverse(name, kwargs={"ref": to_ref(thing)})
            for person, client in clients.items():
                if not sees(theatre, person, where, thing, matter):
                    answer = client.post(url, FORM)
                    asked += 1
                    tried.add(name)
                    if answer.status_code != 404 or answer.content != nothing:
                        wrong.append(f"form {name} of {thing}: {answer.status_code} to {person}")
    print(f"{asked} answers; pages that opened for somebody: {len(opened)} of {len(PAGES)} {sorted(set(PAGES) - opened)}; forms tried {len(tried)} of {len(FORMS)} {sorted(set(FORMS) - tried)}")
    assert not wrong, "\n".join(wrong)
    assert asked > 3_000
    assert len(opened) >= 10, "else it compared nothing"
    assert len(tried) >= 26
