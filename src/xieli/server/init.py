"""Setting up a real installation once: its mark, bodies from a file, three administrators by one-time codes."""
from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import yaml

from xieli.engines.identifiers import search_keys
from xieli.server.words import Trouble

USAGE, CONFLICT = 2, 4  # exit codes
ADMINS = ("system_admin", "security_admin", "audit_admin")
KINDS = frozenset({"commission", "working_committee", "dispatched_unit", "resident_organ", "central_unit", "inspection_office", "line_department", "town_committee", "village_committee",
                   "organization_department", "party_committee", "court", "procuratorate", "unit", "village"})
RANKS = frozenset({"national", "province", "prefecture", "county", "town", "village", "none"})


@dataclass(frozen=True)
class Code:
    """One administrator's login and the code that opens it once."""

    office: str
    name: str
    login: str
    code: str


def read(path: Path) -> dict[str, Any]:
    """The installation file: own, bodies, administrators. Raises Trouble naming what is wrong."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Trouble(f"读不了 {path.name}：{error}", f"{path.name} cannot be read: {error}", USAGE) from None
    if not isinstance(data, dict) or not isinstance(data.get("bodies"), list) or not isinstance(data.get("administrators"), dict):
        raise Trouble("文件须有 own、bodies、administrators 三项。", "The file needs own, bodies and administrators.", USAGE)
    seen: set[str] = set()
    for i, body in enumerate(data["bodies"], 1):
        if not isinstance(body, dict) or not body.get("code") or not body.get("zh"):
            raise Trouble(f"第 {i} 个机构缺 code 或 zh。", f"Body {i} lacks code or zh.", USAGE)
        if body.get("kind") not in KINDS or body.get("rank", "none") not in RANKS:
            raise Trouble(f"机构 {body['code']} 的 kind 或 rank 不认识。", f"Body {body['code']}: kind or rank is not known.", USAGE)
        if body["code"] in seen:
            raise Trouble(f"机构代码 {body['code']} 重复。", f"Body code {body['code']} stands twice.", USAGE)
        for key in ("parent", "unit"):
            if body.get(key) and body[key] not in seen:
                raise Trouble(f"机构 {body['code']} 的 {key}“{body[key]}”须写在它前面。", f"Body {body['code']}: its {key} “{body[key]}” must stand before it.", USAGE)
        seen.add(str(body["code"]))
    if data.get("own") not in seen:
        raise Trouble("own 须是 bodies 里的一个代码。", "own must be one of the bodies.", USAGE)
    people = [data["administrators"].get(a) for a in ADMINS]
    if any(not isinstance(p, dict) or not p.get("name") or not p.get("login") for p in people):
        raise Trouble("须有 system_admin、security_admin、audit_admin 三人，各有 name 和 login。", "system_admin, security_admin and audit_admin are needed, each with name and login.", USAGE)
    if len({p["name"] for p in people}) < 3 or len({p["login"] for p in people}) < 3:
        raise Trouble("三名管理员须是三个人。", "The three administrators must be three persons.", USAGE)
    return data


def set_up(connection: psycopg.Connection[Any], data: dict[str, Any], *, level_cap: int, zone: str) -> list[Code]:
    """Write everything in one transaction as the installer; returns the codes, which are nowhere else.

    Refused where something was set up before: the mark is for ever.
    """
    from xieli.office.matters.services.playbooks import publish

    with connection.transaction():
        if connection.execute("select 1 from access.installation").fetchone():
            raise Trouble("这个库已经设置过，不能再设置。", "This database was set up before and cannot be set up again.", CONFLICT)
        connection.execute("insert into access.installation (mark, level_cap, zone) values ('production', %s, %s)", [level_cap, zone])
        now = datetime.now(UTC)
        bodies: dict[str, int] = {}
        for body in data["bodies"]:
            keys = sorted(search_keys(str(body["zh"])).initials)[:16]
            row = connection.execute(
                "insert into body (code, kind, rank, parent_id, unit_id, division_code, sector, name_zh, name_en, short_zh, short_en, document_mark, initials, sort_key, valid_from)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
                [body["code"], body["kind"], body.get("rank", "none"), bodies.get(body.get("parent", "")), bodies.get(body.get("unit", "")), body.get("division", ""), body.get("sector", ""),
                 body["zh"], body.get("en", body["zh"]), body.get("short", body["zh"]), body.get("en", body["zh"]), body.get("mark", ""), [k[:24] for k in keys], (keys or [""])[0],
                 body.get("since", now.date())]).fetchone()
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
        codes = []
        for kind in ADMINS:
            person = data["administrators"][kind]
            keys = sorted(search_keys(str(person["name"])).initials)[:16]
            pid = connection.execute("insert into person (name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account) values (%s, %s, %s, %s, '', '', 0, true, true) returning id",
                                     [person["name"], person.get("en", ""), keys, (keys or [""])[0]]).fetchone()[0]  # type: ignore[index]
            office = connection.execute("insert into office (body_id, code, title_zh, title_en, valid_from) values (%s, %s, %s, %s, %s) returning id",
                                        [own, kind, {"system_admin": "系统管理员", "security_admin": "安全管理员", "audit_admin": "审计管理员"}[kind], kind.replace("_", " "), now.date()]).fetchone()[0]  # type: ignore[index]
            connection.execute("insert into posting (person_id, body_id, office_id, kind, starts_at, basis, is_deputy, confirmed_by_id) values (%s, %s, %s, 'regular', %s, 'init', false, %s)",
                               [pid, own, office, now, pid])
            code = "-".join(secrets.token_hex(2) for _ in range(4))
            connection.execute("insert into door.credential (person, login) values (%s, %s)", [pid, str(person["login"]).lower()])
            connection.execute("insert into door.one_time (person, code, expires_at) values (%s, %s, now() + interval '72 hours')", [pid, hashlib.sha256(code.replace("-", "").encode()).digest()])
            codes.append(Code(kind, str(person["name"]), str(person["login"]).lower(), code))
        connection.execute("update access.installation set own_body = %s", [own])
        publish(connection)
    return codes
