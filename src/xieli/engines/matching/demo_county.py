"""More data sets of the invented county: fourteen further departments, small, of differing freshness, with planted hits and near misses.

Every person is invented (area codes 99). Planted: six people paid a housing allowance while on the public payroll; near
misses: one who had left before, one paid in the month of joining only, and a namesake. Two data sets are older than their
owners promised, so that the catalogue has something to warn of.
"""
from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from .demo import crowd, described, field, write_csv
from .demo_case import credit_code

Person = tuple[str, str]
_ID = field("id_no", "person_id", "身份证号", "Identity number", required=True)
_NAME = field("name", "person_name", "姓名", "Name")
_MONEY = field("amount", "money", "金额", "Amount", required=True, minimum=0)
_FIRM = field("company", "credit_code", "统一社会信用代码", "Credit code", required=True)


def _code(name: str, zh: str, en: str) -> dict[str, Any]:
    return field(name, "code", zh, en)


def _day(name: str, zh: str, en: str, **more: Any) -> dict[str, Any]:
    return field(name, "date", zh, en, **more)


def _number(name: str, zh: str, en: str) -> dict[str, Any]:
    return field(name, "number", zh, en)


# name, zh, en, owner (body, zh, en), as of, renewed every so many days, columns
SETS: list[tuple[str, str, str, tuple[str, str, str], str, int, list[dict[str, Any]]]] = [
    ("payroll", "财政供养人员", "Public payroll", ("demo-hr", "示范县人力资源社会保障局", "Demo county human resources"), "2026-03-01", 31, [_ID, _NAME, _day("starts_on", "起薪日期", "From", required=True), _day("ends_on", "停薪日期", "To")]),
    ("housing_allowance", "住房租赁补贴", "Housing allowance", ("demo-housing", "示范县住房建设局", "Demo county housing bureau"), "2026-03-10", 31, [_ID, _NAME, _code("programme", "项目", "Programme"), _MONEY, _day("paid_on", "发放日期", "Paid on", required=True)]),
    ("insurance_claims", "医保结算", "Medical insurance claims", ("demo-insurance", "示范县医疗保障局", "Demo county medical insurance"), "2026-03-14", 7, [_ID, _code("hospital", "机构", "Hospital"), _MONEY, _day("settled_on", "结算日期", "Settled on")]),
    ("hospital_stays", "住院登记", "Hospital stays", ("demo-health", "示范县卫生健康局", "Demo county health bureau"), "2026-02-28", 31, [_ID, _code("hospital", "机构", "Hospital"), _day("in_on", "入院日期", "Admitted"), _day("out_on", "出院日期", "Discharged")]),
    ("school_meals", "校园餐结算", "School meals", ("demo-education", "示范县教育局", "Demo county education bureau"), "2026-01-31", 92, [_code("school", "学校", "School"), _day("day", "日期", "Day"), _number("meals", "用餐人数", "Meals")]),
    ("grain_claims", "种粮面积申报", "Grain area claims", ("demo-farming", "示范县农业农村局", "Demo county agriculture"), "2025-11-30", 183, [_ID, field("plot", "plot", "地块", "Plot", required=True), _number("area", "申报面积（亩）", "Area claimed (mu)")]),
    ("land_rights", "承包地确权", "Land rights", ("demo-land", "示范县自然资源局", "Demo county natural resources"), "2025-12-31", 366, [_ID, field("plot", "plot", "地块", "Plot", required=True), _number("area", "确权面积（亩）", "Area registered (mu)")]),
    ("household_register", "户籍登记", "Household register", ("demo-police", "示范县公安局", "Demo county police"), "2026-03-15", 7, [_ID, _NAME, field("household", "household", "户号", "Household")]),
    ("custody_register", "在押人员", "Persons in custody", ("demo-justice", "示范县司法局", "Demo county justice bureau"), "2026-03-12", 31, [_ID, _day("in_on", "收押日期", "From", required=True), _day("out_on", "释放日期", "To")]),
    ("disability_cards", "残疾人证", "Disability cards", ("demo-disabled", "示范县残疾人联合会", "Demo county disabled persons' federation"), "2026-02-15", 92, [_ID, _NAME, _code("degree", "等级", "Degree")]),
    ("veterans", "退役军人优抚", "Veterans' care", ("demo-veterans", "示范县退役军人事务局", "Demo county veterans' affairs"), "2025-06-30", 92, [_ID, _NAME, _MONEY, _day("paid_on", "发放日期", "Paid on")]),
    ("water_works", "水利工程合同", "Water works contracts", ("demo-water", "示范县水利局", "Demo county water bureau"), "2026-02-20", 92, [_FIRM, field("buyer", "body", "建设单位", "Buyer"), _MONEY, _day("signed_on", "签订日期", "Signed on")]),
    ("road_works", "农村公路养护", "Rural road upkeep", ("demo-transport", "示范县交通运输局", "Demo county transport bureau"), "2025-09-30", 92, [_FIRM, field("buyer", "body", "建设单位", "Buyer"), _MONEY, _day("signed_on", "签订日期", "Signed on")]),
    ("forest_care", "生态护林员", "Forest rangers", ("demo-forestry", "示范县林业局", "Demo county forestry bureau"), "2026-03-05", 31, [_ID, _NAME, _MONEY, _day("paid_on", "发放日期", "Paid on")]),
]


def generate_county(folder: Path, *, seed: int = 3, people: int = 120) -> dict[str, Any]:
    """Write the data sets and their descriptions into `folder`; returns the truth: who is planted and who only looks like it."""
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    everyone = crowd(rng, people)
    both, left, joined, namesake = everyone[:6], everyone[6], everyone[7], everyone[8]
    staff, tenants = everyone[10:50], everyone[50:]
    for name, zh, en, owner, as_of, every, fields in SETS:
        if name == "payroll":
            rows = [[i, n, "2018-07-01", ""] for i, n in [*both, *staff]] + [[*left, "2015-01-01", "2024-12-31"], [*joined, "2026-02-01", ""]]
        elif name == "housing_allowance":
            rows = [[i, n, "租补", "400.00", f"{m}-15"] for i, n in [*both, left, *tenants] for m in ("2025-10", "2025-11", "2025-12", "2026-01", "2026-02")]
            rows += [[*joined, "租补", "400.00", f"{m}-15"] for m in ("2025-12", "2026-01", "2026-02")]
            rows += [[namesake[0], both[0][1], "租补", "400.00", f"{m}-15"] for m in ("2026-01", "2026-02")]
        else:
            rows = [[_value(c["semantic"], c["name"], who, n, rng) for c in fields] for n, who in enumerate(rng.sample(everyone, 40))]
        rng.shuffle(rows)
        description = described(name, zh, en, owner, fields)
        description["freshness"] = {"every_days": every}
        write_csv(folder, name, description, rows, date.fromisoformat(as_of))
    return {"both": sorted(i for i, _ in both), "near_misses": {"left": left[0], "joined": joined[0], "namesake": namesake[0]}, "owners": len({s[3][0] for s in SETS})}


def _value(semantic: str, name: str, who: Person, n: int, rng: random.Random) -> str:
    """A plausible value of a meaning."""
    day = date(2025, 7, 1) + timedelta(days=rng.randrange(230))
    made: dict[str, Callable[[], str]] = {
        "person_id": lambda: who[0], "person_name": lambda: who[1], "money": lambda: f"{rng.randint(2, 90)}00.00",
        "date": lambda: "" if name in ("out_on", "ends_on") and n % 3 else (day + timedelta(days=20 if name == "out_on" else 0)).isoformat(),
        "number": lambda: f"{rng.randint(10, 90) / 10:.1f}", "credit_code": lambda: credit_code(rng), "plot": lambda: f"9901{n:08d}",
        "household": lambda: f"H{n // 3:05d}", "body": lambda: f"示范县第{n % 9 + 1}镇人民政府", "code": lambda: f"{n % 6 + 1:02d}",
    }
    return made[semantic]()
