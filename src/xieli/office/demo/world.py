"""Bodies, rooms, offices, people and postings of 渝江市, loaded by the installer into a demo or scratch database.

Everything is invented: names, codes (99xxxx), numbers. The shape is that of the five articles: a commission of
provincial rank, eleven central districts and eight outer counties, centrally-run units with their discipline
committees, line departments, an inspection office, towns and villages.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

import psycopg

from xieli.engines.identifiers import pinyin, search_keys, sort_key

BEGAN = date(2020, 1, 1)
BEGAN_AT = datetime.fromisoformat("2020-01-01T00:00:00+08:00")


@dataclass(frozen=True)
class B:
    """One body of the demo: code, kind, rank, names, its line, seat and sector."""

    code: str
    kind: str
    rank: str
    zh: str
    en: str
    parent: str = ""
    division: str = ""
    short: str = ""
    mark: str = ""
    unit: str = ""
    sector: str = ""
    parent2: str = ""


CENTRAL = [("临江区", "Linjiang District"), ("北屏区", "Beiping District"), ("南桥区", "Nanqiao District"), ("东坪区", "Dongping District"),
           ("西岭区", "Xiling District"), ("大滩区", "Datan District"), ("朝门区", "Chaomen District"), ("石坝区", "Shiba District"),
           ("九曲区", "Jiuqu District"), ("高塘区", "Gaotang District"), ("岸北区", "Anbei District")]
OUTER = [("巫川县", "Wuchuan County"), ("长岭区", "Changling District"), ("涪源区", "Fuyuan District"), ("忠岳县", "Zhongyue County"),
         ("云台县", "Yuntai County"), ("奉阳县", "Fengyang County"), ("垫原县", "Dianyuan County"), ("丰岩县", "Fengyan County")]


def _bodies() -> Iterator[B]:
    yield B("cn", "commission", "national", "国家监委", "National Commission", "", "", "国家监委", "国监")
    yield B("yj-committee", "party_committee", "province", "渝江市委", "Yujiang Party Committee", "", "990000", "市委", "渝江委")
    yield B("yj", "commission", "province", "渝江市纪委监委", "Yujiang Commission", "cn", "990000", "市纪委监委", "渝江纪")
    yield B("yj-ins", "inspection_office", "province", "渝江市委巡察办", "Yujiang Inspection Office", "yj", "990000", "巡察办", "渝江巡")
    yield B("yj-org", "organization_department", "province", "渝江市委组织部", "Yujiang Organization Department", "yj-committee", "990000", "组织部", "渝江组")
    for i, (zh, en) in enumerate([*CENTRAL, *OUTER], 1):
        code = f"9901{i:02d}" if i <= len(CENTRAL) else f"9902{i - len(CENTRAL):02d}"
        name = zh.removesuffix("区").removesuffix("县")
        slug = en.split()[0].lower()
        yield B(f"{slug}-committee", "party_committee", "county", f"{zh}委", f"{en} Party Committee", "yj-committee", code, f"{zh}委", f"{name}委")
        yield B(slug, "commission", "county", f"{zh}纪委监委", f"{en} Commission", "yj", code, f"{zh}纪委监委", f"{name}纪")
    yield B("hitech", "working_committee", "county", "高新区纪工委（监察室）", "High-tech Zone Working Committee (Supervision Office)", "yj", "990120", "高新区纪工委", "高新纪")
    units = [("fire", "渝江消防总队", "Yujiang Fire Corps", "应急"), ("icb", "工贸银行渝江市分行", "Industry & Trade Bank, Yujiang Branch", "金融"),
             ("hb", "华国银行渝江市分行", "Huaguo Bank, Yujiang Branch", "金融"), ("grid", "国家电网渝江公司", "State Grid Yujiang", "能源"),
             ("rail", "中铁渝江投资集团", "Rail Yujiang Investment", "建设"), ("tobacco", "渝江烟草专卖局", "Yujiang Tobacco Monopoly", "烟草"),
             ("tax", "渝江税务局", "Yujiang Tax Bureau", "税务"), ("post", "渝江邮政公司", "Yujiang Post", "邮政")]
    for slug, zh, en, sector in units:
        yield B(slug, "central_unit", "none", zh, en, "", "990102", zh, "", "", sector)
        yield B(f"{slug}-dc", "resident_organ", "none", f"{zh}纪委", f"Discipline Committee, {en}", "", "990102", f"{zh}纪委", f"{zh[:2]}纪", slug, sector)
    for slug, zh, en in [("police", "渝江市公安局", "Yujiang Police"), ("market", "渝江市市场监管局", "Yujiang Market Regulation"), ("audit", "渝江市审计局", "Yujiang Audit Bureau"),
                         ("finance", "渝江市财政局", "Yujiang Finance Bureau"), ("agri", "渝江市农业农村委", "Yujiang Agriculture"), ("health", "渝江市卫生健康委", "Yujiang Health"),
                         ("edu", "渝江市教委", "Yujiang Education"), ("housing", "渝江市住房建设委", "Yujiang Housing")]:
        yield B(slug, "line_department", "province", zh, en, "", "990000", zh)
    yield B("du-finance", "dispatched_unit", "province", "市纪委监委驻财政局纪检监察组", "Dispatched Unit at the Finance Bureau", "yj", "990000", "驻财政组", "渝江驻财", "finance")
    yield B("court", "court", "county", "临江区人民法院", "Linjiang District Court", "", "990101", "临江法院")
    yield B("procuratorate", "procuratorate", "county", "临江区人民检察院", "Linjiang District Procuratorate", "", "990101", "临江检察院")
    for i, (zh, en) in enumerate([("文山镇", "Wenshan Town"), ("凤灯镇", "Fengdeng Town"), ("常乐镇", "Changle Town"), ("石溪镇", "Shixi Town")], 1):
        slug = en.split()[0].lower()
        yield B(slug, "town_committee", "town", f"{zh}纪委", f"{en} Committee", "zhongyue", f"99020400{i}", f"{zh}纪委", f"{zh[:2]}纪")
        for k, v in enumerate(["上坝村", "下坝村", "桥头村"], 1):
            yield B(f"{slug}-v{k}", "village", "village", f"{zh}{v}", f"{en}, village {k}", slug, f"99020400{i}{k:02d}", v)


@dataclass(frozen=True)
class P:
    """One person: code, name, the office he holds (code@body or code@body/room), clearance, extra postings."""

    code: str
    name: str
    en: str
    posts: tuple[str, ...]
    clearance: int = 3
    account: bool = True
    rank: str = ""
    id_number: str = ""
    skills: tuple[str, ...] = ()
    kin: tuple[tuple[str, str, str], ...] = field(default=())


_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封"
_GIVEN = ["明远", "建国", "秀兰", "志强", "晓梅", "文博", "海燕", "立新", "国栋", "春花", "卫东", "雪松", "嘉怡", "浩然", "子涵", "思远", "慧敏", "永康", "长青", "玉珍"]
_GIVEN_EN = ("Mingyuan", "Jianguo", "Xiulan", "Zhiqiang", "Xiaomei", "Wenbo", "Haiyan", "Lixin", "Guodong", "Chunhua", "Weidong", "Xuesong", "Jiayi", "Haoran", "Zihan", "Siyuan", "Huimin", "Yongkang", "Changqing", "Yuzhen")


def in_letters(surname: str, given: int) -> str:
    """The English name of one of the crowd: 王明远 as Wang Mingyuan. A surname is read as a surname is (仇 is Qiu, 单 is Shan)."""
    known = pinyin.surnames().get(surname)
    return f"{(known[0] if known else pinyin.readings(surname))[0].replace('v', 'ü').capitalize()} {_GIVEN_EN[given]}"


def check_digit(first17: str) -> str:
    """GB 11643 check character."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(d) * w for d, w in zip(first17, weights, strict=True)) % 11]


def invented_id(index: int, year: int = 1980) -> str:
    """An identity number in an area code that no authority assigns (99xxxx)."""
    first = f"990101{year + index % 15:04d}{1 + index % 12:02d}{1 + index % 28:02d}{index % 1000:03d}"
    return first + check_digit(first)


ROOMS = {"supervision3": ("supervision", "第三监督检查室", "Third Supervision Room"), "supervision1": ("supervision", "第一监督检查室", "First Supervision Room"),
         "case": ("case_management", "案件监督管理室", "Case Management Room"), "petitions": ("petitions", "信访室", "Petitions Room"),
         "investigation": ("investigation", "第六审查调查室", "Sixth Investigation Room"), "adjudication": ("adjudication", "案件审理室", "Adjudication Room"),
         "internal": ("internal_supervision", "干部监督室", "Internal Supervision Room"), "conduct": ("party_conduct", "党风政风监督室", "Party Conduct Room")}
COUNTY_ROOMS = ("supervision1", "case", "petitions", "adjudication")

# the people of the stories; every other office is filled by generated names
PEOPLE = [
    P("zhou-rong", "周蓉", "Zhou Rong", ("deputy@wuchuan",)),
    P("chief3", "秦立新", "Qin Lixin", ("room_head@yj/supervision3",)),
    P("yj-head", "何明远", "He Mingyuan", ("head@yj",), rank="province_deputy"),
    P("yj-deputy", "吕慧敏", "Lü Huimin", ("deputy@yj",)),
    P("yj-duty", "施文博", "Shi Wenbo", ("case_duty@yj/case",)),
    P("yj-clerk", "尤春花", "You Chunhua", ("clerk@yj/case",)),
    P("yj-handler", "许浩然", "Xu Haoran", ("handler@yj/supervision3",)),
    P("yj-petitions", "华晓梅", "Hua Xiaomei", ("intake@yj/petitions",)),
    P("yj-rights", "金永康", "Jin Yongkang", ("rights_officer@yj/internal",)),
    P("yj-adj1", "魏玉珍", "Wei Yuzhen", ("adjudicator@yj/adjudication",)),
    P("yj-adj2", "陶长青", "Tao Changqing", ("adjudicator@yj/adjudication",)),
    P("yj-analyst", "姜思远", "Jiang Siyuan", ("analyst@yj/case",)),
    P("yj-keeper", "戚海燕", "Qi Haiyan", ("keeper@yj/petitions",)),
    P("yj-secretary", "张国栋", "Zhang Guodong", ("party_secretary@yj-committee",), account=False, rank="province_head"),
    P("cn-head", "（国家监委）", "(National Commission)", ("head@cn",), account=False),
    P("ins-leader", "谢卫东", "Xie Weidong", ("inspection_leader@yj-ins",)),
    P("ins-head", "邹雪松", "Zou Xuesong", ("head@yj-ins",)),
    P("fire-officer", "喻志强", "Yu Zhiqiang", ("head@fire-dc",)),
    P("fire-handler", "柏嘉怡", "Bai Jiayi", ("handler@fire-dc",), skills=("fire", "procurement")),
    P("icb-officer", "窦国栋", "Dou Guodong", ("head@icb-dc",)),
    P("icb-expert", "刘华", "Liu Hua", ("handler@icb-dc",), skills=("finance", "banking")),
    P("hb-officer", "章慧敏", "Zhang Huimin", ("head@hb-dc",)),
    P("hb-zhang", "张薇", "Zhang Wei", ("handler@hb-dc",), skills=("finance",)),
    P("datan-lead", "徐锦浩", "Xu Jinhao", ("handler@datan/supervision1",), skills=("interview",)),
    P("wuchuan-handler1", "苏立新", "Su Lixin", ("handler@wuchuan/supervision1",), skills=("interview",)),
    P("wuchuan-handler2", "潘雪松", "Pan Xuesong", ("handler@wuchuan/supervision1",), skills=("accounting",)),
    P("wuchuan-kin", "郭海燕", "Guo Haiyan", ("handler@wuchuan/supervision1",), kin=(("brother", "郭某某", "guo"),)),
    P("wenshan-secretary", "郭俊荣", "Guo Junrong", ("town_secretary@wenshan",), clearance=1),
    P("fengdeng-supervisor", "杜国彪", "Du Guobiao", ("village_supervisor@fengdeng-v1",), clearance=0),
    P("changle-clerk", "赵秋兰", "Zhao Qiulan", ("handler@changle",), clearance=1),
    P("finance-liaison", "葛文博", "Ge Wenbo", ("unit_liaison@finance",), clearance=0),
    P("sysadmin", "范系统", "Fan (system)", ("system_admin@yj",), clearance=0),
    P("secadmin", "彭安全", "Peng (security)", ("security_admin@yj",), clearance=0),
    P("audadmin", "郎审计", "Lang (audit)", ("audit_admin@yj",), clearance=0),
]
# identity numbers of the people stories are about (kin are matched by them)
SUBJECT_IDS = {"guo": invented_id(901), "duan": invented_id(902), "tian": invented_id(903), "he": invented_id(904)}


@dataclass
class World:
    """Identities by code, as loaded."""

    bodies: dict[str, int] = field(default_factory=dict)
    rooms: dict[str, int] = field(default_factory=dict)
    offices: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)


def load(connection: psycopg.Connection[Any], *, full: bool = True) -> World:
    """Write the world as the installer. Refuses an installation that is neither demo nor scratch."""
    mark = connection.execute("select mark from access.installation").fetchone()
    if mark is None or mark[0] not in ("demo", "scratch"):
        raise PermissionError("演示数据只能装入演示或临时库。/ Demo data goes only into a demo or scratch database.")
    world = World()
    _load_bodies(connection, world)
    _load_areas(connection, world)
    _load_people(connection, world, full)
    load_travel(connection)
    connection.execute("update access.installation set own_body = %s", [world.bodies["yj"]])
    return world


def read(connection: psycopg.Connection[Any]) -> World:
    """The identities of a world that was loaded before."""
    world = World()
    world.bodies = dict(connection.execute("select code, id from body").fetchall())
    codes = {v: k for k, v in world.bodies.items()}
    names = {zh: key for key, (_, zh, _) in ROOMS.items()}
    for id_, body, zh in connection.execute("select id, body_id, name_zh from room"):
        world.rooms[f"{codes[body]}/{names.get(zh, zh)}"] = id_
    for id_, body, code, room in connection.execute("select id, body_id, code, room_id from office"):
        at = next((k for k, v in world.rooms.items() if v == room), codes[body])
        world.offices[f"{code}@{at}"] = id_
    for id_, name in connection.execute("select id, name from person"):
        world.people[name] = id_
    by_name = {p.name: p.code for p in PEOPLE}
    world.people |= {by_name[name]: id_ for name, id_ in list(world.people.items()) if name in by_name}
    return world


def _keys(name: str) -> list[str]:
    return sorted({k[:24] for k in search_keys(name).initials})[:16]


def _load_bodies(connection: psycopg.Connection[Any], world: World) -> None:
    for b in _bodies():
        row = connection.execute(
            "insert into body (code, kind, rank, parent_id, second_parent_id, unit_id, division_code, sector, name_zh, name_en, short_zh, short_en, document_mark,"
            " initials, sort_key, valid_from) values (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s) returning id",
            [b.code, b.kind, b.rank, world.bodies.get(b.parent), world.bodies.get(b.parent2), world.bodies.get(b.unit), b.division, b.sector, b.zh, b.en,
             b.short or b.zh, b.en, b.mark, _keys(b.zh), sort_key(b.zh), BEGAN]).fetchone()
        world.bodies[b.code] = row[0]  # type: ignore[index]
        rooms: tuple[str, ...] = ()
        if b.code == "yj":
            rooms = tuple(ROOMS)
        elif b.kind == "commission" and b.rank == "county":
            rooms = COUNTY_ROOMS
        elif b.kind == "working_committee":
            rooms = ("supervision1",)
        for key in rooms:
            kind, zh, en = ROOMS[key]
            row = connection.execute("insert into room (body_id, kind, name_zh, name_en, valid_from) values (%s,%s,%s,%s,%s) returning id",
                                     [world.bodies[b.code], kind, zh, en, BEGAN]).fetchone()
            world.rooms[f"{b.code}/{key}"] = row[0]  # type: ignore[index]
    # the third supervision room is the contact room of every centrally-run unit's organ
    for code, body in world.bodies.items():
        if code.endswith("-dc"):
            connection.execute("insert into room_contact (room_id, body_id) values (%s, %s)", [world.rooms["yj/supervision3"], body])


# eight cooperation areas would need forty towns; the story's county shows two of them, and the central districts one each
TOWN_AREAS = (("第一片区", "First Area", ("wenshan", "fengdeng", "shixi")), ("第二片区", "Second Area", ("changle",)))


def _load_areas(connection: psycopg.Connection[Any], world: World) -> None:
    def area(kind: str, zh: str, en: str, lead: str, members: list[str], basis: str) -> None:
        row = connection.execute("insert into area (kind, name_zh, name_en, lead_body_id, basis, plan_digest, valid_from) values (%s,%s,%s,%s,%s,'',%s) returning id",
                                 [kind, zh, en, world.bodies[lead], basis, BEGAN]).fetchone()
        for member in members:
            connection.execute("insert into area_body (area_id, body_id, role, valid_from) values (%s,%s,'member',%s)", [row[0], world.bodies[member], BEGAN])  # type: ignore[index]

    for zh, en, towns in TOWN_AREAS:
        area("townships", f"忠岳县{zh}", f"Zhongyue {en}", "zhongyue", list(towns), "忠岳县片区协作办案办法（演示）")
    organs = sorted(code for code in world.bodies if code.endswith("-dc"))
    for index, (zh, en) in enumerate(CENTRAL):
        mine = organs[index::len(CENTRAL)]
        if mine:
            area("central_units", f"{zh}央地协作片区", f"{en} central–local area", en.split()[0].lower(), mine, "央地协作片区划分（演示）")


def _office(connection: psycopg.Connection[Any], world: World, spec: str) -> tuple[int, int, int | None]:
    """Find or make the office ``code@body`` or ``code@body/room``; returns office, body, room."""
    from xieli.office.bodies.models import OfficeCode

    code, _, place = spec.partition("@")
    body_code, _, room_code = place.partition("/")
    body, room = world.bodies[body_code], world.rooms.get(place) if room_code else None
    if spec not in world.offices:
        title = OfficeCode(code).label
        row = connection.execute("insert into office (body_id, room_id, code, title_zh, title_en, valid_from) values (%s,%s,%s,%s,%s,%s) returning id",
                                 [body, room, code, title, code.replace("_", " "), BEGAN]).fetchone()
        world.offices[spec] = row[0]  # type: ignore[index]
        if code == "deputy":
            for key in ROOMS:
                if key != "internal" and f"{body_code}/{key}" in world.rooms:
                    connection.execute("insert into office_line_room (office_id, room_id) values (%s, %s)", [row[0], world.rooms[f"{body_code}/{key}"]])  # type: ignore[index]
    return world.offices[spec], body, room


@cache
def cast(full: bool = True) -> tuple[P, ...]:
    """Everybody of the demo, the named ones first: the same names in the same order every time."""
    everyone = list(PEOPLE)
    names = {p.name for p in PEOPLE}
    taken = {post for p in everyone for post in p.posts}
    counter = 0
    wanted: list[tuple[str, int]] = []
    for b in _bodies():
        if b.kind == "commission" and b.rank == "county":
            wanted += [(f"head@{b.code}", 3), (f"deputy@{b.code}", 3), (f"room_head@{b.code}/supervision1", 3), (f"case_duty@{b.code}/case", 3),
                       (f"clerk@{b.code}/case", 2), (f"handler@{b.code}/supervision1", 3), (f"intake@{b.code}/petitions", 2),
                       (f"adjudicator@{b.code}/adjudication", 3), (f"adjudicator@{b.code}/adjudication", 3)]
        elif b.kind == "party_committee":
            wanted.append((f"party_secretary@{b.code}", 3))
        elif b.kind in ("resident_organ", "working_committee", "dispatched_unit", "line_department"):
            wanted += [(f"head@{b.code}", 2), (f"handler@{b.code}", 2)]
        elif b.kind == "town_committee":
            wanted += [(f"town_secretary@{b.code}", 1), (f"handler@{b.code}", 1), (f"handler@{b.code}", 1)]
        elif b.kind == "village":
            wanted.append((f"village_supervisor@{b.code}", 0))
    wanted += [("room_head@yj/case", 3), ("room_head@yj/petitions", 3), ("room_head@yj/investigation", 3), ("room_head@yj/adjudication", 3),
               ("room_head@yj/internal", 3), ("room_head@yj/supervision1", 3), ("handler@yj/supervision3", 3), ("handler@yj/investigation", 3)]
    for post, clearance in wanted:
        if post in taken and not post.startswith(("adjudicator", "handler")):
            continue
        if not full and not post.startswith(("head", "party_secretary", "case_duty", "room_head")):
            continue
        # a name twice would put another person behind a face of the entrance
        while (name := _SURNAMES[counter % len(_SURNAMES)] + _GIVEN[(counter * 7 + counter // len(_SURNAMES)) % len(_GIVEN)]) in names:
            counter += 1
        english = in_letters(name[0], _GIVEN.index(name[1:]))
        counter += 1
        names.add(name)
        everyone.append(P(f"g{counter}", name, english, (post,), clearance, not post.startswith("party_secretary")))
    return tuple(everyone)


def _load_people(connection: psycopg.Connection[Any], world: World, full: bool) -> None:
    from xieli.office.matters.services.leads_digest import digest_sql

    for index, p in enumerate(cast(full)):
        number = p.id_number or invented_id(index)
        row = connection.execute(
            "insert into person (name, name_en, initials, sort_key, id_digest, cadre_rank, native_division, clearance, active, account)"
            f" values (%s, %s, %s, %s, {digest_sql()}, %s, '', %s, true, %s) returning id",
            [p.name, p.en, _keys(p.name), sort_key(p.name), number, p.rank, p.clearance, p.account]).fetchone()
        person = row[0]  # type: ignore[index]
        world.people[p.code] = person
        for post in p.posts:
            office, body, room = _office(connection, world, post)
            connection.execute("insert into posting (person_id, body_id, room_id, office_id, kind, starts_at, basis, is_deputy, confirmed_by_id, granted_by_id)"
                               " values (%s,%s,%s,%s,'regular',%s,'demo',false,%s,%s)", [person, body, room, office, BEGAN_AT, person, person])
        for skill in p.skills:
            connection.execute("insert into skill (person_id, code, level, years) values (%s, %s, 2, 5)", [person, skill])
        for relation, name, key in p.kin:
            connection.execute(f"insert into kin (person_id, relation, name, id_digest, near) values (%s, %s, %s, {digest_sql()}, true)", [person, relation, name, SUBJECT_IDS[key]])


def load_travel(connection: psycopg.Connection[Any]) -> None:
    """Hours by road and duty numbers of the county bodies, and their first released loads (the installer's part of the demo)."""
    connection.execute("insert into body_travel (body_id, hours, duty_number) select id, round((0.5 + (id % 9) * 0.6)::numeric, 1), '990-' || id"
                       " from body where kind in ('commission', 'working_committee') and rank = 'county' on conflict do nothing")
    connection.execute("select access.release_loads()")
