"""Setting up a real installation once: its mark, bodies from a file, three administrators by one-time codes."""
from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg

from xieli.engines.clocks.errors import ContentError
from xieli.engines.clocks.yamlfile import parse_yaml
from xieli.engines.identifiers import search_keys
from xieli.server.words import Trouble

USAGE, CONFLICT = 2, 4  # exit codes
MOST_BYTES = 2 * 1024 * 1024  # some ten thousand bodies
MOST = {"en": 160, "short": 40, "mark": 20, "division": 12, "sector": 40}  # characters of the columns
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
    """The installation file: own, bodies, administrators. Raises Trouble naming the file, the line and what is wrong."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Trouble(f"{path.name} 超过 {MOST_BYTES // 1024} KiB，未读取。", f"{path.name} is larger than {MOST_BYTES // 1024} KiB and was not read.", USAGE)
        found = parse_yaml(path.read_text(encoding="utf-8"), path.name)
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise Trouble(f"{path.name}:{line}: 不是 UTF-8 文本，请另存为 UTF-8。", f"{path.name}:{line}: this is no UTF-8 text; save it as UTF-8.", USAGE) from None
    except ContentError as error:
        raise Trouble(f"{error.file}:{error.line}: {error.zh}", f"{error.file}:{error.line}: {error.en}", USAGE) from None
    except OSError as error:
        raise Trouble(f"读不了 {path.name}：{error}", f"{path.name} cannot be read: {error}", USAGE) from None

    def wrong(zh: str, en: str, *at: str | int) -> Trouble:
        return Trouble(f"{path.name}:{found.line(*at)}: {zh}", f"{path.name}:{found.line(*at)}: {en}", USAGE)

    data = found.data
    if not isinstance(data, dict) or not isinstance(data.get("bodies"), list) or not isinstance(data.get("administrators"), dict):
        raise wrong("文件须有 own、bodies、administrators 三项。", "The file needs own, bodies and administrators.")
    seen: set[str] = set()
    for i, body in enumerate(data["bodies"]):
        here = ("bodies", i)
        if not isinstance(body, dict) or not _text(body.get("code"), 40) or not _text(body.get("zh"), 120):
            raise wrong(f"第 {i + 1} 个机构缺 code 或 zh（文字，code 至多 40 字，zh 至多 120 字）。", f"Body {i + 1} lacks code or zh (text of at most 40 and 120 characters).", *here)
        if not isinstance(body.get("kind"), str) or body["kind"] not in KINDS or not isinstance(body.get("rank", "none"), str) or body.get("rank", "none") not in RANKS:
            raise wrong(f"机构 {body['code']} 的 kind 或 rank 不认识。", f"Body {body['code']}: kind or rank is not known.", *here)
        if body["code"] in seen:
            raise wrong(f"机构代码 {body['code']} 重复。", f"Body code {body['code']} stands twice.", *here)
        for key in ("parent", "unit"):
            if body.get(key) and (not isinstance(body[key], str) or body[key] not in seen):
                raise wrong(f"机构 {body['code']} 的 {key}“{body[key]}”须写在它前面。", f"Body {body['code']}: its {key} “{body[key]}” must stand before it.", *here, key)
        for key, most in MOST.items():
            if body.get(key) and not _text(body[key], most):
                raise wrong(f"机构 {body['code']} 的 {key} 须是至多 {most} 字的文字。", f"Body {body['code']}: its {key} is text of at most {most} characters.", *here, key)
        if body.get("since") and not _day(body["since"]):
            raise wrong(f"机构 {body['code']} 的 since 须是日期，如 2020-01-31。", f"Body {body['code']}: since is a date like 2020-01-31.", *here, "since")
        for key, needed in (("rooms", ("kind", "zh")), ("offices", ("code",))):
            rows = body.get(key, [])
            if not isinstance(rows, list) or not all(isinstance(row, dict) and all(_text(row.get(part), 60) for part in needed) for row in rows):
                raise wrong(f"机构 {body['code']} 的 {key} 每项须有 {'、'.join(needed)}。", f"Body {body['code']}: each of its {key} needs {' and '.join(needed)}.", *here, key)
        seen.add(body["code"])
    if not isinstance(data.get("own"), str) or data["own"] not in seen:
        raise wrong("own 须是 bodies 里的一个代码。", "own must be one of the bodies.", "own")
    people = [data["administrators"].get(a) for a in ADMINS]
    if any(not isinstance(p, dict) or not _text(p.get("name"), 60) or not _text(p.get("login"), 60) for p in people):
        raise wrong("须有 system_admin、security_admin、audit_admin 三人，各有 name 和 login。", "system_admin, security_admin and audit_admin are needed, each with name and login.", "administrators")
    if len({p["name"] for p in people}) < 3 or len({p["login"].lower() for p in people}) < 3:
        raise wrong("三名管理员须是三个人。", "The three administrators must be three persons.", "administrators")
    return data


def _text(value: Any, most: int) -> bool:
    return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= most and value.isprintable()


def _day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


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
