from __future__ import annotations

import hmac
import json
from datetime import UTC
from hashlib import sha256
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.office.audit.conftest import Office
from xieli.engines.ledger import canonical, commit, leaf_hash, read

pytestmark = pytest.mark.db
NASTY = '"},"by":{"person":"999"},"x":"\u0001\b\f\n\r\t\\/é中𠀀\u007f\u2028'


def events(office: Office) -> list[tuple[Any, ...]]:
    with office.admin() as connection:
        return connection.execute("select uuid, person, session, process, matters, canon, leaf, at, verb from audit.event order by id").fetchall()


def test_an_act_is_stored_as_canonical_bytes_with_its_leaf(office: Office) -> None:
    uuid = office.act("an", note=NASTY, n=-3, ok=True, codes=["b", "a"], about=("two", "one", "one"))
    row = events(office)[-1]
    value = read(row[5])
    assert value["fields"] == {"note": NASTY, "n": -3, "ok": True, "codes": ["b", "a"]}
    assert value["by"] == {"capacity": "", "person": str(office.people["an"]), "process": "xtest_web", "session": str(office.sessions["an"])}
    assert value["matters"] == [str(m) for m in sorted([office.matters["one"], office.matters["two"]])]
    assert value["id"] == str(row[0]) == uuid
    assert leaf_hash(row[5]) == row[6]


def test_sql_and_python_write_the_same_canonical_bytes(office: Office) -> None:
    import random

    rng = random.Random(7)
    alphabet = [chr(i) for i in range(1, 0x250)] + ["中", "\u2028", "\ue000", "\uffff", "𠀀", "😀", "\\", '"', "\x7f"]
    with office.admin() as connection:
        for _ in range(300):
            value = {
                "".join(rng.choice("abcxyz_09") for _ in range(5)): rng.choice([
                    "".join(rng.choices(alphabet, k=12)), rng.randint(-(2**53) + 1, 2**53 - 1), True, False, None,
                    [rng.randint(0, 9), "".join(rng.choices(alphabet, k=3))], {"z": 1, "a": []},
                ]) for _ in range(6)
            }
            got = connection.execute("select audit.canonical(%s)", [Jsonb(value)]).fetchone()
            assert got is not None
            assert got[0].encode() == canonical.dumps(value)


@pytest.mark.parametrize("payload", ["1.5", "1e400", "9007199254740993", '"x"', "true", "null"])
def test_a_fraction_or_another_kind_is_refused(office: Office, payload: str) -> None:
    with office.acting("an") as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("select audit.record('test.noted', %s::jsonb)", [f'{{"note": "x", "n": {payload}}}'])


@pytest.mark.parametrize(("verb", "payload"), [
    ("test.unknown", {}), ("test.noted", {}), ("test.noted", {"note": "x", "more": "y"}), ("test.noted", {"note": 5}),
    ("test.noted", {"note": "x" * 4001}), ("test.noted", {"note": "x", "codes": ["UPPER"]}), ("test.noted", {"note": "x", "codes": "a"}),
    ("test.noted", {"note": "x", "ref": "12\n"}), ("audit.erased", {"event": "e", "part": "p", "basis": "b", "ordered_by": "1"}),
])
def test_an_unknown_verb_key_or_kind_is_refused_by_the_database_itself(office: Office, verb: str, payload: dict[str, Any]) -> None:
    with office.acting("an") as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("select audit.record(%s, %s)", [verb, Jsonb(payload)])


def test_web_records_nothing_without_a_bound_session(office: Office) -> None:
    with office.connect("web") as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("select audit.record('test.noted', '{\"note\": \"x\"}')")


def test_a_hostile_web_role_cannot_forge_actor_session_or_time(office: Office) -> None:
    """Every way that was thought of, on the web role's raw connection: the envelope stays the bound session's."""
    before = len(events(office))
    victim = office.people["bo"]
    with office.acting("an") as connection:
        for name, value in {"app.w": f"{{101}};{{101}};2;{{}};{victim};{office.sessions['bo']};0;9999999999", "app.sig": "00", "app.p": "{101}"}.items():
            with pytest.raises(psycopg.Error), connection.transaction():  # noqa: PT012
                connection.execute("select set_config(%s, %s, true)", [name, value])
                connection.execute("select audit.record('test.noted', '{\"note\": \"forged setting\"}')")
                raise AssertionError("a forged setting was believed")
    with pytest.raises(psycopg.Error), office.acting("an") as connection:  # the setting changed inside the attacked statement
        connection.execute(
            "select audit.record('test.noted', jsonb_build_object('note', 'x' || set_config('app.w', %s, true)))", [f"{{101}};{{101}};2;{{}};{victim};1;0;9999999999"])
    duplicate = '{"note": "a", "note": "b", "by": {"person": "101"}}'
    with office.acting("an") as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("select audit.record('test.noted', %s::jsonb)", [duplicate])
    for statement in (
        "insert into audit.event (uuid, at, verb, capacity, process, matters, canon, leaf) values (gen_random_uuid(), now(), 'x', '', '', '{}', '', sha256('\\x00'))",
        "insert into audit.event_matter values (1, 1)", "insert into audit.leaf values (0, 1)", "delete from audit.event", "update audit.event set verb = 'x'",
        "truncate audit.event", "select audit.write('audit.erased', '{}', '{}', '{}', true)", "select audit.raise_alarm('x', 'y', 'z')",
        "select id from audit.event", "select leaf from audit.event", "select last_value from audit.event_id_seq", "select nextval('audit.event_id_seq')",
        "select * from audit.event_matter", "select * from audit.leaf", "select * from audit.seal", "select salt from audit.personal",
        "delete from audit.personal", "select * from audit.erasure", "update audit.verb set internal = false", "set role xtest_keeper", "set role xtest_owner",
        "set session authorization xtest_sealer", "alter table audit.event disable trigger all", "create function audit.f() returns int language sql as 'select 1'",
        "copy audit.event to program 'true'", "set session_replication_role = replica", "alter table audit.event disable row level security", "drop table audit.leaf",
        "create trigger t before insert on audit.event for each row execute function audit.keep()", "lock table audit.event in exclusive mode",
        "select audit.hmac('a', 'b')", "insert into audit.verb values ('a.b', '{}', '{}', false, 'a', 'b')",
    ):
        with office.acting("an") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
    office.act("an", note=NASTY)
    after = events(office)
    assert len(after) == before + 1
    assert [read(e[5])["by"]["person"] for e in after] == [str(office.people["an"])]
    with office.admin() as connection:
        row = connection.execute("select now() - at < interval '1 minute' and at <= now() from audit.event order by id desc limit 1").fetchone()
    assert row == (True,)


def test_a_shadowed_function_or_operator_changes_nothing(office: Office) -> None:
    """The web role may make temporary objects at most; the definer's search path does not see them."""
    with office.acting("an") as connection:
        connection.execute("set local search_path = pg_temp, audit, public, pg_catalog")
        try:
            with connection.transaction():
                connection.execute("create temp table event (id int)")
                connection.execute("create function pg_temp.now() returns timestamptz language sql as $$ select timestamptz '2001-01-01' $$")
                connection.execute("create function pg_temp.gen_random_uuid() returns uuid language sql as $$ select null::uuid $$")
        except psycopg.errors.InsufficientPrivilege:
            pass
        connection.execute("select audit.record('test.noted', '{\"note\": \"x\"}')")
    value = read(events(office)[-1][5])
    assert value["by"]["person"] == str(office.people["an"])
    assert not value["at"].startswith("2001")


def test_session_settings_do_not_change_what_is_written(office: Office) -> None:
    with office.acting("an") as connection:
        for setting in ("standard_conforming_strings = off", "datestyle = 'SQL, DMY'", "timezone = 'Asia/Kathmandu'", "bytea_output = escape",
                        "intervalstyle = iso_8601", "array_nulls = off", "transform_null_equals = on", "quote_all_identifiers = on",
                        "extra_float_digits = -15", "escape_string_warning = off"):
            connection.execute(f"set local {setting}")
        connection.execute("select audit.record('test.noted', %s, '{}', %s)", [Jsonb({"note": NASTY}), Jsonb({"name": NASTY})])
    _, _, _, _, _, canon, leaf, at, _ = events(office)[-1]
    assert leaf_hash(canon) == leaf
    assert read(canon)["at"] == at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    with office.admin() as connection:
        salt, value = connection.execute("select salt, value from audit.personal").fetchall()[0]
    assert commit(salt, "name", value).hex() == read(canon)["personal"]["name"]
    assert value == NASTY


def test_the_owner_and_the_superuser_are_stopped_by_triggers(office: Office) -> None:
    office.act("an", note="x", about=("one",), personal={"name": "张三"})
    with office.admin() as connection:
        for statement in ("update audit.event set verb = 'x'", "delete from audit.event", "truncate audit.event cascade", "delete from audit.event_matter",
                          "update audit.personal set value = 'y'", "delete from audit.personal", "truncate audit.personal", "delete from audit.log"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_personal_part_is_in_the_event_only_as_a_salted_commitment(office: Office) -> None:
    uuid = office.act("an", note="x", about=("one",), personal={"number": "990101199001011234", "name": "张三"})
    canon = events(office)[-1][5]
    assert b"990101199001011234" not in canon
    assert "张三".encode() not in canon
    with office.admin() as connection:
        parts = connection.execute("select part, salt, value from audit.personal where event = %s", [uuid]).fetchall()
    held = json.loads(canon)["personal"]
    assert {p: commit(s, p, v).hex() for p, s, v in parts} == held
    assert len({s for _, s, _ in parts}) == 2
    assert held["name"] == hmac.new({p: s for p, s, _ in parts}["name"], "name\x00张三".encode(), sha256).hexdigest()


def test_events_are_read_by_who_may_read_every_matter_they_name(office: Office) -> None:
    both, only, free = office.act("an", note="both", about=("one", "two")), office.act("an", note="one", about=("one",)), office.act("an", note="none")

    def visible(name: str) -> set[str]:
        with office.acting(name) as connection:
            return {str(r[0]) for r in connection.execute("select uuid from audit.event")}

    assert visible("an") == {both, only, free}
    assert visible("bo") == {only}
    assert visible("chen") == visible("auditor") == set()
    with office.connect("web") as connection:
        assert connection.execute("select count(*) from audit.event").fetchone() == (0,)


def test_who_has_seen_this_names_the_reader_and_hides_other_matters(office: Office) -> None:
    both = office.act("an", "matter.list", purpose="board", about=("one", "two"))
    with office.acting("bo") as connection:
        rows = connection.execute("select uuid, person, verb, purpose, canon from audit.seen(%s)", [office.matters["one"]]).fetchall()
        hidden = connection.execute("select * from audit.seen(%s)", [office.matters["two"]]).fetchall()
        nothing = connection.execute("select * from audit.seen(%s)", [12345]).fetchall()
    assert [(str(r[0]), *r[1:]) for r in rows] == [(both, office.people["an"], "matter.list", "board", None)]
    assert hidden == nothing == []
    with office.acting("an") as connection:
        assert connection.execute("select canon is null from audit.seen(%s)", [office.matters["one"]]).fetchall() == [(False,)]


def test_the_audit_administrator_sees_the_trail_without_content(office: Office) -> None:
    office.act("an", note="secret word", about=("one", "two"), personal={"name": "张三"})
    query = "select * from audit.trail(access.now() - interval '1 day', access.now() + interval '1 day')"
    with office.acting("auditor") as connection:
        cursor = connection.execute(query)
        rows = cursor.fetchall()
        text = repr(rows)
        assert [c.name for c in cursor.description or []] == ["uuid", "at", "verb", "person", "session", "capacity", "process", "matters", "sealed"]
        assert connection.execute("select count(*) from audit.personal").fetchone() == (0,)
    assert rows[0][3] == office.people["an"]
    assert rows[0][7] == 2
    assert "secret" not in text
    assert not any(str(m) in text for m in office.matters.values())
    for name in ("an", "guard"):
        with office.acting(name) as connection:
            assert connection.execute(query).fetchall() == []


def test_erasure_needs_two_persons_and_leaves_the_event_as_it_was(office: Office) -> None:
    uuid = office.act("an", note="x", about=("one",), personal={"name": "张三"})
    before = [e[5] for e in events(office)]
    with office.acting("an") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select audit.order_erasure(%s, 'name', 'basis')", [uuid])
    with office.acting("auditor") as connection:
        order = connection.execute("select audit.order_erasure(%s, 'name', 'request no. 1')", [uuid]).fetchone()
    assert order is not None
    with office.acting("auditor") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select audit.approve_erasure(%s)", [order[0]])
    with office.acting("an") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select audit.approve_erasure(%s)", [order[0]])
    with office.acting("an") as connection:
        assert connection.execute("select value from audit.personal").fetchall() == [("张三",)]
    with office.acting("guard") as connection:
        connection.execute("select audit.approve_erasure(%s)", [order[0]])
    with office.acting("an") as connection:
        assert connection.execute("select value from audit.personal").fetchall() == []
    assert [e[5] for e in events(office)][: len(before)] == before
    assert [e[8] for e in events(office)][-2:] == ["audit.erasure_ordered", "audit.erased"]
    with office.acting("guard") as connection, pytest.raises(psycopg.errors.NoDataFound):
        connection.execute("select audit.approve_erasure(%s)", [order[0]])


def test_an_act_that_rolls_back_leaves_no_event(office: Office) -> None:
    with pytest.raises(RuntimeError), office.acting("an") as connection:  # noqa: PT012
        connection.execute("select audit.record('test.noted', '{\"note\": \"x\"}')")
        raise RuntimeError
    assert events(office) == []
