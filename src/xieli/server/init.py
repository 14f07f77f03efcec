"""Setting up a real installation once: its mark, bodies from a file, three administrators by one-time codes.

The one place that does it: `xieli init` and the first-run screens (faces/web/views/setup.py) both call it.
"""
from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from xieli.engines.identifiers import search_keys, sort_key
from xieli.server.init_file import ADMINS, read
from xieli.server.words import Trouble

__all__ = ["ADMINS", "CALENDARS", "CODE_HOURS", "Code", "new_code", "open_codes", "read", "set_up", "was_set_up"]
CONFLICT = 4  # exit code
CODE_HOURS = 72
TITLES = {"system_admin": "系统管理员", "security_admin": "安全管理员", "audit_admin": "审计管理员"}
# the calendars that the rules of a real installation count by, with the time zone of their legal day (content/calendars)
CALENDARS = {"cn-mainland": "Asia/Shanghai"}


@dataclass(frozen=True)
class Code:
    """One administrator's login and the code that opens it once."""

    office: str
    name: str
    login: str
    code: str


def set_up(connection: psycopg.Connection[Any], data: dict[str, Any], *, level_cap: int, zone: str, calendar: str = "cn-mainland") -> list[Code]:
    """Write everything in one transaction as the installer; returns the codes, which are nowhere else.

    Refused where something was set up before, by whoever was first: the mark is for ever. Raises Trouble.
    """
    from xieli.office.matters.services.playbooks import publish

    with connection.transaction():
        # one row at most: of two who set up at once the second waits here and then finds it done
        if connection.execute("insert into access.installation (mark, level_cap, zone, timezone) values ('production', %s, %s, %s) on conflict do nothing returning 1",
                              [level_cap, zone, CALENDARS[calendar]]).fetchone() is None:
            raise Trouble("这个库已经设置过，不能再设置。", "This database was set up before and cannot be set up again.", CONFLICT)
        now = datetime.now(UTC)
        bodies: dict[str, int] = {}
        for body in data["bodies"]:
            keys = sorted(search_keys(str(body["zh"])).initials)[:16]
            row = connection.execute(
                "insert into body (code, kind, rank, parent_id, unit_id, division_code, sector, name_zh, name_en, short_zh, short_en, document_mark, initials, sort_key, valid_from)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
                [body["code"], body["kind"], body.get("rank", "none"), bodies.get(body.get("parent", "")), bodies.get(body.get("unit", "")), body.get("division") or "", body.get("sector") or "",
                 body["zh"], body.get("en") or body["zh"], body.get("short") or body["zh"][:40], (body.get("en") or body["zh"])[:60], body.get("mark") or "", [k[:24] for k in keys], sort_key(str(body["zh"])),
                 body.get("since") or now.date()]).fetchone()
            bodies[str(body["code"])] = row[0]  # type: ignore[index]
            rooms = {}
            for room in body.get("rooms", []):
                made = connection.execute("insert into room (body_id, kind, name_zh, name_en, valid_from) values (%s, %s, %s, %s, %s) returning id",
                                          [row[0], room["kind"], room["zh"], room.get("en", room["zh"]), now.date()]).fetchone()  # type: ignore[index]
                rooms[room["zh"]] = made[0]  # type: ignore[index]
            for office in body.get("offices", []):
                connection.execute("insert into office (body_id, room_id, code, title_zh, title_en, valid_from) values (%s, %s, %s, %s, %s, %s)",
                                   [row[0], rooms.get(office.get("room", "")), office["code"], office.get("zh", office["code"]), office.get("en", office["code"]), now.date()])  # type: ignore[index]
        own = bodies[data["own"]]
        codes, people = [], []
        for kind in ADMINS:
            person = data["administrators"][kind]
            keys = sorted(search_keys(str(person["name"])).initials)[:16]
            pid = connection.execute("insert into person (name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account) values (%s, %s, %s, %s, '', '', 0, true, true) returning id",
                                     [person["name"], person.get("en", ""), keys, sort_key(str(person["name"]))]).fetchone()[0]  # type: ignore[index]
            office = connection.execute("insert into office (body_id, code, title_zh, title_en, valid_from) values (%s, %s, %s, %s, %s) returning id",
                                        [own, kind, TITLES[kind], kind.replace("_", " "), now.date()]).fetchone()[0]  # type: ignore[index]
            connection.execute("insert into posting (person_id, body_id, office_id, kind, starts_at, basis, is_deputy, confirmed_by_id) values (%s, %s, %s, 'regular', %s, 'init', false, %s)",
                               [pid, own, office, now, pid])
            people.append(pid)
            login = str(person["login"]).strip().lower()
            connection.execute("insert into door.credential (person, login) values (%s, %s)", [pid, login])
            codes.append(Code(kind, str(person["name"]), login, _code(connection, pid)))
        connection.execute("update access.installation set own_body = %s", [own])
        publish(connection)
        connection.execute("select audit.record('installation.set_up', %s)", [Jsonb({
            "own": str(own), "bodies": len(bodies), "level_cap": level_cap, "zone": zone, "calendar": calendar, "administrators": [str(p) for p in people]})])
    return codes


def was_set_up(connection: psycopg.Connection[Any]) -> bool:
    """Whether this database carries a mark, a demo's or a real one's."""
    return connection.execute("select 1 from access.installation").fetchone() is not None


def open_codes(connection: psycopg.Connection[Any]) -> list[tuple[str, str, str]]:
    """Office, name and login of the first administrators who have not yet signed in, in their order."""
    rows = connection.execute(
        "select o.code, p.name, c.login from door.credential c join person p on p.id = c.person join posting po on po.person_id = p.id and po.basis = 'init' join office o on o.id = po.office_id"
        " where c.password = '' and c.disabled_at is null and p.active and po.ends_at is null and o.code = any (%s)", [list(ADMINS)]).fetchall()
    return sorted(((str(o), str(n), str(x)) for o, n, x in rows), key=lambda r: ADMINS.index(r[0]))


def new_code(connection: psycopg.Connection[Any], login: str) -> Code:
    """A new one-time code for a first administrator who has never signed in; the codes he had are void. Raises Trouble.

    For the code that got lost between the screen and the person. Whoever has a password already gets his by two persons.
    """
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('xieli-init-code'))")
        found = next((r for r in open_codes(connection) if r[2] == login.strip().lower()), None)
        if found is None:
            raise Trouble("没有这样一位尚未首次登录的管理员。已经登录过的，由另两名管理员重置。",
                          "There is no such administrator who has yet to sign in. For one who has, the other two administrators reset the sign-in.", CONFLICT)
        person = connection.execute("select person from door.credential where login = %s", [found[2]]).fetchone()[0]  # type: ignore[index]
        connection.execute("update door.one_time set expires_at = now() where person = %s and expires_at > now()", [person])
        code = _code(connection, person)
        connection.execute("select audit.record('installation.code_given', %s)", [Jsonb({"of": str(person)})])
        return Code(*found, code)


def _code(connection: psycopg.Connection[Any], person: int) -> str:
    """Write a code's digest for this person; the code itself is nowhere but in the answer."""
    code = "-".join(secrets.token_hex(2) for _ in range(4))
    connection.execute("insert into door.one_time (person, code, expires_at) values (%s, %s, now() + make_interval(hours => %s))",
                       [person, hashlib.sha256(code.replace("-", "").encode()).digest(), CODE_HOURS])
    return code
