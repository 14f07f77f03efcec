"""The installer's part of the demo: where bodies and invented central units sit, so that areas can be divided and drawn."""
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


def plan_now(stage: Any, person: str, body: str, task: str, problem: dict[str, Any], *, title: str = "", options: dict[str, Any] | None = None, parent: Any = None) -> Any:
    """A person asks for a plan and the worker's part is done at once, with his session: for stories and tests."""
    from xieli.office.allocation import plans
    from xieli.office.allocation.models import PlanRun

    with stage.acts(person):
        asked = plans.ask(stage.body(body), task, title or task, problem, options=options, parent=parent, defer=False)
    plans.perform(asked.pk, lambda: stage.acts(person))
    with stage.acts(person):
        return PlanRun.objects.get(pk=asked.pk)
