"""The file of bodies that an installation begins with: YAML, or a table (CSV, Excel) of one body a row. Every fault is told with its line.

One reader for `xieli init` and for the first-run screens: what one refuses the other refuses too, in the same words.
"""
from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from xieli.engines.clocks.errors import ContentError
from xieli.engines.clocks.yamlfile import parse_yaml
from xieli.server.words import Trouble

USAGE = 2  # exit code
MOST_BYTES = 2 * 1024 * 1024  # some ten thousand bodies
MOST_TOLD = 50  # faults; whoever has more mends these first
MOST = {"en": 160, "short": 40, "mark": 20, "division": 12, "sector": 40}  # characters of the columns
LOGIN = re.compile(r"[a-z0-9._-]{3,40}")  # what the door stores
ADMINS = ("system_admin", "security_admin", "audit_admin")
# what a file may name, and the words a table may use instead (office/bodies/models.py; a test holds them together)
KINDS = {"commission": "纪委监委", "working_committee": "纪工委（监察室）", "dispatched_unit": "派驻（出）机构", "resident_organ": "垂管单位纪委（驻在机构）", "central_unit": "垂管单位",
         "inspection_office": "巡察机构", "line_department": "职能部门", "town_committee": "乡镇（街道）纪委", "village_committee": "片区廉勤委", "organization_department": "组织部",
         "party_committee": "党委", "court": "法院", "procuratorate": "检察院", "unit": "其他单位", "village": "村（社区）"}
RANKS = {"national": "国家级", "province": "省级", "prefecture": "地市级", "county": "县级", "town": "乡镇级", "village": "村级", "none": "无"}
ROOMS = {"supervision": "监督检查室", "investigation": "审查调查室", "case_management": "案件监督管理室", "petitions": "信访室", "adjudication": "案件审理室", "party_conduct": "党风政风监督室",
         "internal_supervision": "干部监督室", "general": "综合室", "inspection_group": "巡察组"}
OFFICES = {"head": "主要负责人", "deputy": "分管领导", "party_secretary": "同级党委主要负责人", "room_head": "室主任", "handler": "承办人", "clerk": "台账员", "case_duty": "案管值班员",
           "intake": "信访接待员", "adjudicator": "审理人员", "rights_officer": "权利受理员", "inspection_leader": "巡察组组长", "analyst": "数据分析员", "town_secretary": "乡镇纪委书记",
           "village_supervisor": "村（廉勤）监督员", "unit_liaison": "单位联络员", "keeper": "举报人信息保管员"}
# the heading of a table's column: ours, and as a clerk writes it
COLUMNS = {"code": ("代码", "机构代码"), "kind": ("类别", "机构类别"), "rank": ("级别", "层级"), "zh": ("名称", "机构名称"), "en": ("英文名",), "short": ("简称",), "parent": ("上级", "上级代码"),
           "unit": ("所属单位",), "division": ("区划", "区划代码"), "sector": ("系统",), "mark": ("字号", "机关代字"), "since": ("设立", "设立日期"), "rooms": ("科室",), "offices": ("岗位",)}
# a file to begin with, offered on the first-run screens
SAMPLE = {
    "yaml": "own: XX\nbodies:\n  - {code: XX, kind: commission, rank: county, zh: 某县纪委监委, short: 某县, division: \"999999\", mark: 某纪, since: 2020-01-01,\n"
            "     rooms: [{kind: supervision, zh: 第一监督检查室}, {kind: case_management, zh: 案件监督管理室}],\n"
            "     offices: [{code: head, zh: 主要负责人}, {code: room_head, zh: 室主任, room: 第一监督检查室}, {code: case_duty, zh: 案管值班员, room: 案件监督管理室}]}\n"
            "  - {code: XX-T1, kind: town_committee, rank: town, zh: 某镇纪委, parent: XX, offices: [{code: town_secretary}]}\n"
            "administrators:\n  system_admin: {name: 甲某, login: system}\n  security_admin: {name: 乙某, login: security}\n  audit_admin: {name: 丙某, login: audit}\n",
    "csv": "\ufeff代码,类别,级别,名称,简称,上级,区划,字号,设立,科室,岗位\n"
           "XX,纪委监委,县级,某县纪委监委,某县,,999999,某纪,2020-01-01,监督检查室=第一监督检查室;案件监督管理室=案管室,主要负责人=书记;室主任=一室主任@第一监督检查室;案管值班员=值班员@案管室\n"
           "XX-T1,乡镇（街道）纪委,乡镇级,某镇纪委,,XX,,,,,乡镇纪委书记=镇纪委书记\n",
}
TABLES = (".csv", ".xlsx", ".xls", ".ods")


@dataclass(frozen=True)
class Problem:
    """One fault of the file, at a line of it (1-based)."""

    line: int
    zh: str
    en: str


@dataclass(frozen=True)
class Found:
    """What the file says and what is wrong with it. `data` has bodies always, own and administrators where the file names them."""

    name: str
    data: dict[str, Any]
    problems: list[Problem]


def read(path: Path) -> dict[str, Any]:
    """The whole installation file for `xieli init`: own, bodies, administrators. Raises Trouble naming file, line and fault."""
    try:
        raw = path.read_bytes() if path.stat().st_size <= MOST_BYTES else b"\0" * (MOST_BYTES + 1)
    except OSError as error:
        raise Trouble(f"读不了 {path.name}：{error}", f"{path.name} cannot be read: {error}", USAGE) from None
    found = examine(path.name, raw, whole=True)
    if found.problems:
        raise Trouble("\n".join(f"{found.name}:{p.line}: {p.zh}" for p in found.problems), "\n".join(f"{found.name}:{p.line}: {p.en}" for p in found.problems), USAGE)
    return found.data


def examine(name: str, raw: bytes, *, whole: bool = False) -> Found:
    """Read the file and list its faults, at most MOST_TOLD; nothing is written. `whole`: own and administrators must be in it."""
    try:
        if len(raw) > MOST_BYTES:
            raise ContentError(name, 1, f"文件超过 {MOST_BYTES // 1024} KiB，未读取。", f"The file is larger than {MOST_BYTES // 1024} KiB and was not read.")
        data, line = _table(name, raw) if name.lower().endswith(TABLES) else _yaml(name, raw)
    except ContentError as error:
        return Found(name, {"bodies": []}, [Problem(max(error.line, 1), error.zh, error.en)])
    problems: list[Problem] = []

    def wrong(zh: str, en: str, *at: str | int) -> None:
        problems.append(Problem(line(*at), zh, en))

    if not isinstance(data, dict) or not isinstance(data.get("bodies"), list) or (whole and not isinstance(data.get("administrators"), dict)):
        wrong(*(("文件须有 own、bodies、administrators 三项。", "The file needs own, bodies and administrators.") if whole else ("文件须有 bodies 一项。", "The file needs bodies.")))
        return Found(name, {"bodies": []}, problems)
    if not data["bodies"]:
        wrong("文件里没有机构。", "The file holds no body.", "bodies")
    codes = _bodies(data["bodies"], wrong)
    told = bool(problems)  # a body that could not be read is no second fault of `own`
    if (whole or data.get("own") is not None) and (not isinstance(data.get("own"), str) or (data["own"] not in codes and not told)):
        wrong("own 须是 bodies 里的一个代码。", "own must be one of the bodies.", "own")
    if whole or data.get("administrators") is not None:
        for zh, en in people_problems(data.get("administrators")):
            wrong(zh, en, "administrators")
    return Found(name, data, sorted(problems, key=lambda p: p.line)[:MOST_TOLD])


def people_problems(people: Any) -> list[tuple[str, str]]:
    """What is wrong with the three administrators ({office: {name, login}}): all there, three persons. Pairs zh, en."""
    found = [people.get(a) for a in ADMINS] if isinstance(people, dict) else []
    if len(found) != len(ADMINS) or any(not isinstance(p, dict) or not text(p.get("name"), 60) or not text(p.get("login"), 60) for p in found):
        return [("须有 system_admin、security_admin、audit_admin 三人，各有 name 和 login。", "system_admin, security_admin and audit_admin are needed, each with name and login.")]
    names, logins = [str(people[a]["name"]).strip() for a in ADMINS], [str(people[a]["login"]).strip().lower() for a in ADMINS]
    if not all(map(LOGIN.fullmatch, logins)):
        return [("登录名只用小写英文字母、数字和 . _ -，三到四十个字符。", "A login is of small letters, digits and . _ -, three to forty characters.")]
    if len({*names}) < len(ADMINS) or len({*logins}) < len(ADMINS):
        return [("三名管理员须是三个人。", "The three administrators must be three persons.")]
    return []


def text(value: Any, most: int) -> bool:
    """Printable text of at most `most` characters, not empty: no control and no direction signs."""
    return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= most and value.isprintable()


def _day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _bodies(bodies: list[Any], wrong: Callable[..., None]) -> set[str]:
    """Name what is wrong with each body; the codes that are right."""
    seen: set[str] = set()
    for i, body in enumerate(bodies):
        here = ("bodies", i)
        if not isinstance(body, dict) or not text(body.get("code"), 40) or not text(body.get("zh"), 120):
            wrong(f"第 {i + 1} 个机构缺 code 或 zh（文字，code 至多 40 字，zh 至多 120 字）。", f"Body {i + 1} lacks code or zh (text of at most 40 and 120 characters).", *here)
            continue
        code = body["code"]
        if not isinstance(body.get("kind"), str) or body["kind"] not in KINDS or not isinstance(body.get("rank", "none"), str) or body.get("rank", "none") not in RANKS:
            wrong(f"机构 {code} 的 kind 或 rank 不认识。", f"Body {code}: kind or rank is not known.", *here)
        if code in seen:
            wrong(f"机构代码 {code} 重复。", f"Body code {code} stands twice.", *here)
        for key in ("parent", "unit"):
            if body.get(key) and (not isinstance(body[key], str) or body[key] not in seen):
                wrong(f"机构 {code} 的 {key}“{str(body[key])[:40]}”须写在它前面。", f"Body {code}: its {key} “{str(body[key])[:40]}” must stand before it.", *here, key)
        for key, most in MOST.items():
            if body.get(key) and not text(body[key], most):
                wrong(f"机构 {code} 的 {key} 须是至多 {most} 字的文字。", f"Body {code}: its {key} is text of at most {most} characters.", *here, key)
        if body.get("since") and not _day(body["since"]):
            wrong(f"机构 {code} 的 since 须是日期，如 2020-01-31。", f"Body {code}: since is a date like 2020-01-31.", *here, "since")
        for key, needed, known in (("rooms", ("kind", "zh"), ROOMS), ("offices", ("code",), OFFICES)):
            rows = body.get(key, [])
            if not isinstance(rows, list) or not all(isinstance(row, dict) and all(text(row.get(part), 60) for part in needed) and all(text(v, 80) for v in row.values() if v) for row in rows):
                wrong(f"机构 {code} 的 {key} 每项须有 {'、'.join(needed)}。", f"Body {code}: each of its {key} needs {' and '.join(needed)}.", *here, key)
            elif (strange := next((str(row[needed[0]]) for row in rows if row[needed[0]] not in known), None)) is not None:
                wrong(f"机构 {code} 的 {key}：“{strange}”不认识；可用 {'、'.join(known)}。", f"Body {code}: “{strange}” in its {key} is not known; there are {', '.join(known)}.", *here, key)
        rooms = {row.get("zh") for row in body.get("rooms", []) if isinstance(row, dict)} if isinstance(body.get("rooms", []), list) else set()
        for office in body.get("offices", []) if isinstance(body.get("offices", []), list) else []:
            if isinstance(office, dict) and office.get("room") and office["room"] not in rooms:
                wrong(f"机构 {code} 没有科室“{str(office['room'])[:40]}”。", f"Body {code} has no room “{str(office['room'])[:40]}”.", *here, "offices")
        seen.add(code)
    return seen


def _yaml(name: str, raw: bytes) -> tuple[Any, Callable[..., int]]:
    try:
        words = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ContentError(name, raw[: error.start].count(b"\n") + 1, "不是 UTF-8 文本，请另存为 UTF-8。", "this is no UTF-8 text; save it as UTF-8.") from None
    found = parse_yaml(words, name)
    return found.data, found.line


def _table(name: str, raw: bytes) -> tuple[dict[str, Any], Callable[..., int]]:
    """A table: the row that holds 代码 (code) and 名称 (zh) is the heading, every filled row below it a body. Cells are never evaluated."""
    from xieli.office.matters.importing.workbook import open_book
    from xieli.office.matters.services.errors import Refused

    with tempfile.TemporaryDirectory(prefix="xieli-") as folder:
        path = Path(folder) / ("bodies" + Path(name).suffix.lower())
        path.write_bytes(raw)
        try:
            rows = [[_cell(c) for c in row] for row in open_book(path, name=name).rows]
        except Refused as error:
            raise ContentError(name, 1, error.zh, error.en) from None
    known = {word: key for key, words in COLUMNS.items() for word in (key, *words)}
    head = next((i for i, row in enumerate(rows) if {"code", "zh"} <= {known.get(c.lower()) for c in row}), None)
    if head is None:
        raise ContentError(name, 1, "找不到表头：须有一行写着“代码”“类别”“名称”等列名。", "No heading found: one row must name the columns 代码 (code), 类别 (kind), 名称 (zh) and so on.")
    keys = [known.get(c.lower()) for c in rows[head]]
    bodies: list[dict[str, Any]] = []
    at: list[int] = []
    for number, row in enumerate(rows[head + 1:], head + 2):
        body: dict[str, Any] = {key: cell for key, cell in zip(keys, row, strict=False) if key and cell}
        if body:
            body |= {key: list[Any](_parts(str(body[key]), first)) for key, first in (("rooms", "kind"), ("offices", "code")) if key in body}
            body |= {key: words.get(str(body[key]), body[key]) for key, words in (("kind", _back(KINDS)), ("rank", _back(RANKS))) if key in body}
            bodies.append(body)
            at.append(number)
    return {"bodies": bodies}, lambda *path: at[path[1]] if len(path) > 1 and isinstance(path[1], int) and path[1] < len(at) else head + 1


def _back(words: dict[str, str]) -> dict[str, str]:
    return {zh: code for code, zh in words.items()}


def _cell(value: Any) -> str:
    """A cell as text: a whole number without its point, a day as 2020-01-31."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).removeprefix("\x01").strip()


def _parts(cell: str, first: str) -> Iterator[dict[str, str]]:
    """`监督检查室=第一监督检查室；…` of a cell: rooms by kind, offices by code; after an office's name `@` and its room."""
    for part in cell.replace("；", ";").replace("\n", ";").split(";"):
        if part.strip():
            code, _, rest = part.replace("＝", "=").partition("=")
            zh, _, room = rest.partition("@")
            code = _back(ROOMS if first == "kind" else OFFICES).get(code.strip(), code)
            yield {first: code.strip(), "zh": zh.strip() or code.strip(), **({"room": room.strip()} if room.strip() else {})}
