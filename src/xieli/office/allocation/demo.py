"""Areas in the demo: the installer places bodies and invented units; leaders lay down villages and groups, plan, and adopt by two."""
from __future__ import annotations

import random
from datetime import date
from typing import Any

import psycopg

BEGAN = date(2020, 1, 1)
# tiles by hand, north at the top: eleven central districts round the confluence, counties around them
TILES = {"linjiang": (3, 2), "beiping": (3, 1), "nanqiao": (4, 3), "dongping": (4, 2), "xiling": (2, 2), "datan": (2, 3), "chaomen": (3, 3), "shiba": (2, 1), "jiuqu": (1, 2), "gaotang": (4, 1), "anbei": (3, 0),
         "wuchuan": (6, 0), "changling": (5, 1), "fuyuan": (5, 3), "zhongyue": (5, 2), "yuntai": (6, 1), "fengyang": (6, 2), "dianyuan": (5, 0), "fengyan": (6, 3), "hitech": (1, 1)}
KM = 9.0  # from tile to tile
SECTORS = ("金融", "能源", "税务", "建设", "通信", "交通", "应急")
EXTRA = 36
CROWDED = ("linjiang", "beiping", "nanqiao")


def load(connection: psycopg.Connection[Any], *, units: int = EXTRA) -> dict[str, int]:
    """Places of the county bodies and the demo's central units, and further invented units crowded in three districts. Once."""
    if connection.execute("select exists (select 1 from body_place)").fetchone() == (True,):
        return {}
    bodies = dict(connection.execute("select code, id from body").fetchall())
    seats = dict(connection.execute("select code, division_code from body").fetchall())
    central = {code for code, division in seats.items() if code in TILES and division.startswith("9901") and code != "hitech"}
    made: dict[str, int] = {}

    def place(body: int, x: float, y: float, division: str, inside: bool, head: int = 0, tile: tuple[int | None, int | None] = (None, None)) -> None:
        connection.execute('insert into body_place (body_id, x_km, y_km, division_code, central, headcount, "column", "row", valid_from) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)',
                           [body, round(x, 2), round(y, 2), division, inside, head, *tile, BEGAN])

    for code, (column, row) in TILES.items():
        if code in bodies:
            place(bodies[code], column * KM, -row * KM, seats[code], code in central, tile=(column, row))
    r = random.Random(30)
    at = [code for code in TILES if code in bodies]
    for n in range(units):
        seat = CROWDED[n % 3] if n % 4 else at[n % len(at)]
        column, row = TILES[seat]
        inside = seat in central
        identity = connection.execute(
            "insert into body (code, kind, rank, division_code, sector, name_zh, name_en, short_zh, short_en, document_mark, initials, sort_key, valid_from)"
            " values (%s, 'central_unit', 'none', %s, %s, %s, %s, %s, %s, '', '{}', '', %s) returning id",
            [f"cu{n + 1:02d}", seats[seat], SECTORS[n % len(SECTORS)], f"驻渝江{SECTORS[n % len(SECTORS)]}单位{n + 1:02d}", f"Central unit {n + 1:02d}", f"央单位{n + 1:02d}", f"Unit {n + 1:02d}", BEGAN]).fetchone()[0]  # type: ignore[index]
        made[f"cu{n + 1:02d}"] = identity
        place(identity, column * KM + r.uniform(-3, 3), -row * KM + r.uniform(-3, 3), seats[seat], inside, r.choice((120, 400, 900, 2600)))
    return made


TOWNS = ("wenshan", "fengdeng", "changle", "shixi")
MORE = (("茶园村", "Chayuan"), ("石桥村", "Shiqiao"), ("柳溪村", "Liuxi"), ("青岗村", "Qinggang"), ("竹湾村", "Zhuwan"), ("云台村", "Yuntai"))
#: groups of the yearly checks: a room of the commission and a body at its side, never the same person twice
PAIRS = (("supervision3", "du-finance"), ("supervision1", "audit"), ("investigation", "finance"), ("case", "agri"), ("petitions", "health"), ("adjudication", "edu"), ("internal", "market"), ("", "police"))


def more_villages(connection: psycopg.Connection[Any]) -> None:
    """The installer's part: six further invented villages in each of four towns, so that there is something to divide; each with its one supervisor."""
    known = {name for (name,) in connection.execute("select name from person").fetchall()}
    names = iter(s + g for g in ("长安", "永福", "德山", "春林") for s in "闵席季麻强贾路娄危江" if s + g not in known)
    for n, town in enumerate(TOWNS, 1):
        parent, name = connection.execute("select id, replace(name_zh, '纪委', '') from body where code = %s", [town]).fetchone()  # type: ignore[misc]
        for k, (zh, en) in enumerate(MORE, 4):
            village = connection.execute("insert into body (code, kind, rank, parent_id, division_code, sector, name_zh, name_en, short_zh, short_en, document_mark, initials, sort_key, valid_from)"
                                         " values (%s, 'village', 'village', %s, %s, '', %s, %s, %s, %s, '', '{}', '', %s) returning id",
                                         [f"{town}-v{k}", parent, f"99020400{n}{k:02d}", f"{name}{zh}", f"{town.capitalize()} Town, {en} village", zh, en, BEGAN]).fetchone()[0]  # type: ignore[index]
            connection.execute("with held as (insert into office (body_id, code, title_zh, title_en, valid_from) values (%(village)s, 'village_supervisor', '廉勤监督员', 'village supervisor', %(day)s) returning id),"
                               " who as (insert into person (name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account) values (%(name)s, '', '{}', '', '', '', 0, true, false) returning id)"
                               " insert into posting (person_id, body_id, office_id, kind, starts_at, basis, is_deputy, confirmed_by_id) select who.id, %(village)s, held.id, 'regular', %(day)s, '', false, who.id from held, who",
                               {"village": village, "name": next(names), "day": BEGAN})


def village_file() -> dict[str, Any]:
    """Villages on a grid with their borders (one cut off by a gorge), and the inspection groups, as a leader lays them down."""
    r = random.Random(4)
    places, villages, borders = [], [], []
    for n, town in enumerate(TOWNS):
        codes = [f"{town}-v{k}" for k in range(1, 10)]
        for k, code in enumerate(codes):
            places.append({"code": code, "x_km": round(5 * KM + n * 8 + (k % 3) * 2 + r.uniform(-.4, .4), 2), "y_km": round(-2 * KM - (k // 3) * 2 + r.uniform(-.4, .4), 2)})
            villages.append({"code": code, "work": r.randint(14, 46), "score": r.randint(68, 96), "cadre": (n, k) in ((0, 4), (2, 1)), "kin_in": [codes[k + 1]] if (n, k) == (1, 3) else []})
            if k % 3:
                borders.append([codes[k - 1], code])
            if k >= 3:
                borders.append([codes[k - 3], code])
    borders = [b for b in borders if "shixi-v9" not in b]
    groups = [{"name_zh": f"第{n}督查组", "name_en": f"Group {n}", "heads": [{"body": "yj", "office": "room_head", "room": ROOM_NAMES[room]} if room else {"body": "yj", "office": "deputy"}, {"body": side, "office": "head"}],
               "barred": [tuple(c for c in TILES if TILES[c][0] >= 5)[n - 1]]} for n, (room, side) in enumerate(PAIRS, 1)]
    return {"places": places, "villages": villages, "borders": borders, "groups": groups}


def furnish(stage: Any) -> None:
    """Before the new year: places, loads, weights approved, areas, committees and a rota in force; a later division waits for its second person."""
    from datetime import timedelta

    from xieli.office.allocation import divisions, records, weights
    from xieli.office.bodies.models import Body
    from xieli.office.demo.hands import Hands

    hands = Hands(stage)
    for office, home, kind in (("handler@yj/investigation", "nanqiao", "train_by_work"), ("handler@yj/investigation", "anbei", "follow_class")):
        hands.post(hands.staff("handler", f"{home}/supervision1"), office, home=home, kind=kind)
    load(stage.admin)
    more_villages(stage.admin)
    stage.admin.execute("select access.release_loads()")
    with stage.acts("chief3"):
        yj = Body.objects.get(code="yj")
        records.lay_out(yj.id, village_file())
        day = divisions.today()
        ours = {k: getattr(weights.OURS, k) for k in weights.LIMITS}
        version = weights.propose(yj.id, ours, reason="年度复核：维持平台默认权重", valid_from=day + timedelta(days=10), reviewed=day.year)
        zones, villages, rota = divisions.problem_from_records(), records.committees_problem(yj), records.rota_problem(yj)
    with stage.acts("yj-head"):
        weights.adopt(version)
    for task, problem, title, reason, days in (("zones", zones, "央地协作片区 2026", "三个区承压，按地域、体量、行业、件数均衡", 35), ("committees", villages, "忠岳县片区廉勤委", "三至五个相邻村一片", 35), ("rota", rota, "年度督查轮值", "每季度一县一组", 24)):
        run = plan_now(stage, "chief3", "yj", task, problem, title=title)
        with stage.acts("chief3"):
            made = divisions.propose(run, reason=reason, valid_from=day + timedelta(days=days))
        with stage.acts("yj-head"):
            divisions.adopt(made)


def next_division(stage: Any) -> None:
    """In March: three to five plans side by side, one put forward for April; it waits for its second person."""
    from datetime import timedelta

    from xieli.office.allocation import divisions

    with stage.acts("chief3"):
        problem = divisions.problem_from_records()
    run = plan_now(stage, "chief3", "yj", "frontier", problem, title="二季度片区调整", options={"bands": [0.05, 0.1, 0.2]})
    with stage.acts("chief3"):
        which = next((n for n, p in enumerate(run.result["plans"]) if p["assign"] is not None), None)
        if which is not None:
            divisions.propose(run, reason="按一季度负荷调整，少动为宜", valid_from=divisions.today() + timedelta(days=21), which=which)


#: rooms of the commission by their code in the invented world
ROOM_NAMES = {"supervision3": "第三监督检查室", "supervision1": "第一监督检查室", "investigation": "第六审查调查室", "case": "案件监督管理室", "petitions": "信访室", "adjudication": "案件审理室", "internal": "干部监督室"}


def plan_now(stage: Any, person: str, body: str, task: str, problem: dict[str, Any], *, title: str = "", options: dict[str, Any] | None = None, parent: Any = None) -> Any:
    """A person asks for a plan and the worker's part is done at once, with his session: for stories and tests."""
    from xieli.office.allocation import plans
    from xieli.office.allocation.models import PlanRun

    with stage.acts(person):
        asked = plans.ask(stage.body(body), task, title or task, problem, options=options, parent=parent, defer=False)
    with stage.rehearsing():
        plans.perform(asked.pk, lambda: stage.acts(person))
    with stage.acts(person):
        return PlanRun.objects.get(pk=asked.pk)
