"""A small invented county: payments, deaths, approvals and kin, with planted hits and near misses, and the truth beside it.

Every person is invented: area codes begin with 99, which no real identity number does. The same seed gives the same
files. Planted: `dead` people paid after death, `favoured` applicants approved by their own kin; near misses: one paid
before death, one namesake of a dead person, one relative approved by somebody else.
"""
from __future__ import annotations

import csv
import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from xieli.engines.identifiers.resident import check_character

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜单解仇曾"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英文辉玲建国华梅鑫宇晨"
PROGRAMMES = ("粮补", "低保", "危改")


def person_id(rng: random.Random, area: str, born: date, serial: int) -> str:
    """An invented identity number with a right check character."""
    first = f"{area}{born:%Y%m%d}{serial % 1000:03d}"
    return first + check_character(first)


def crowd(rng: random.Random, n: int) -> list[tuple[str, str]]:
    """An invented population: identity number and name."""
    out: dict[str, str] = {}
    while len(out) < n:
        born = date(1930, 1, 1) + timedelta(days=rng.randrange(28_000))
        ident = person_id(rng, f"9901{rng.randint(1, 12):02d}", born, rng.randrange(1000))
        out.setdefault(ident, rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.choice((1, 2, 2)))))
    return list(out.items())


AS_OF = date(2026, 10, 31)  # the state of the data unless another day is asked for


def last_month_end(day: date) -> date:
    """Owners deliver at the end of a month: data of the demo are never of a day to come."""
    return day.replace(day=1) - timedelta(days=1)


def generate(folder: Path, *, seed: int = 1, people: int = 2000, dead: int = 3, favoured: int = 2, as_of: date = AS_OF) -> dict[str, Any]:
    """Write CSV files, their descriptions (YAML) and truth.json into `folder`; returns the truth. Every date lies before `as_of`."""
    rng = random.Random(seed)
    shift = as_of - AS_OF

    def on(month: int, day: int) -> str:
        return (date(2026, month, day) + shift).isoformat()

    folder.mkdir(parents=True, exist_ok=True)
    everyone = crowd(rng, people)
    deceased = rng.sample(everyone, max(dead + 2, people // 50))
    gone = {ident: date(2026, rng.randint(1, 5), rng.randint(1, 28)) + shift for ident, _ in deceased}
    planted = [ident for ident, _ in deceased[:dead]]
    before = deceased[dead][0]
    living = [p for p in everyone if p[0] not in gone]
    payments: list[list[str]] = []
    for ident, name in rng.sample(living, min(len(living), people * 3 // 4)):
        payments += [[ident, name, rng.choice(PROGRAMMES), f"{rng.randint(100, 900)}.00", on(m, 15)] for m in range(1, 10)]
    names = dict(everyone)
    for ident in planted:
        payments += [[ident, names[ident], "粮补", "300.00", on(m, 15)] for m in range(7, 10)]
    payments.append([before, names[before], "低保", "300.00", (gone[before] - timedelta(days=20)).isoformat()])
    # The namesake: another living person with a dead person's name, which only the number tells apart.
    namesake = next(p for p in living if p[0] not in {r[0] for r in payments})[0]
    payments += [[namesake, names[planted[0]], "粮补", "300.00", on(m, 15)] for m in range(7, 10)]
    rng.shuffle(payments)
    officers, applicants = rng.sample(living, 6), rng.sample(living, 200)
    applicants = [a for a in applicants if a not in officers]
    kin, approvals, cases = [], [], []
    planted_cases = []
    for i, (ident, name) in enumerate(applicants):
        case, officer = f"SQ-{i + 1:04d}", officers[i % 5]
        approvals.append([case, officer[0], officer[1], on(6, 1)])
        cases.append([case, ident, name])
        if i < favoured:
            kin.append([officer[0], ident, "子女"])
            planted_cases.append(case)
    kin.append([officers[5][0], applicants[favoured][0], "兄弟姐妹"])  # his relative is approved by another officer
    write_csv(folder, "subsidies", SUBSIDIES, payments, as_of)
    write_csv(folder, "deaths", DEATHS, [[i, names[i], d.isoformat()] for i, d in gone.items()], as_of)
    write_csv(folder, "kin", KIN, kin, as_of)
    write_csv(folder, "approvals", APPROVALS, approvals, as_of)
    write_csv(folder, "applicants", APPLICANTS, cases, as_of)
    truth = {"dead": sorted(planted), "favoured": planted_cases, "near_misses": {"paid_before_death": before, "namesake": namesake}, "payments": len(payments)}
    (folder / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1), "utf-8")
    return truth


def field(name: str, semantic: str, zh: str, en: str, **constraints: Any) -> dict[str, Any]:
    """A column of a demo description."""
    field: dict[str, Any] = {"name": name, "semantic": semantic, "title": {"zh": zh, "en": en}}
    return {**field, "constraints": constraints} if constraints else field


def described(name: str, zh: str, en: str, body: tuple[str, str, str], fields: list[dict[str, Any]]) -> dict[str, Any]:
    """A description of a demo data set."""
    return {
        "name": name, "title": {"zh": zh, "en": en}, "owner": {"body": body[0], "zh": body[1], "en": body[2]}, "level": "sensitive",
        "freshness": {"as_of": AS_OF.isoformat(), "every_days": 92}, "lineage": {"zh": "演示数据，人物均为虚构", "en": "demo data; all people are invented"},
        "schema": {"fields": fields},
    }  # fmt: skip


_FINANCE = ("demo-finance", "示范县财政局", "Demo county finance bureau")
_CIVIL = ("demo-civil", "示范县民政局", "Demo county civil affairs bureau")
SUBSIDIES = described("subsidies", "惠民补贴发放", "Benefit payments", _FINANCE, [
    field("id_no", "person_id", "身份证号", "Identity number", required=True), field("name", "person_name", "姓名", "Name"),
    field("programme", "code", "项目", "Programme"), field("amount", "money", "金额", "Amount", required=True, minimum=0),
    field("paid_on", "date", "发放日期", "Paid on", required=True),
])  # fmt: skip
DEATHS = described("deaths", "死亡登记", "Death register", _CIVIL, [
    field("id_no", "person_id", "身份证号", "Identity number", required=True), field("name", "person_name", "姓名", "Name"),
    field("died_on", "date", "死亡日期", "Died on", required=True),
])  # fmt: skip
KIN = described("kin", "亲属关系", "Kinship", _CIVIL, [
    field("person", "person_id", "身份证号", "Identity number", required=True),
    field("relative", "person_id", "亲属身份证号", "Relative's identity number", required=True), field("relation", "code", "关系", "Relation"),
])  # fmt: skip
APPROVALS = described("approvals", "审批记录", "Approvals", _FINANCE, [
    field("case_no", "case_no", "申请编号", "Application", required=True), field("approver", "person_id", "审批人身份证号", "Approver's identity number", required=True),
    field("name", "person_name", "审批人", "Approver"), field("approved_on", "date", "审批日期", "Approved on", required=True),
])  # fmt: skip
APPLICANTS = described("applicants", "申请人", "Applicants", _FINANCE, [
    field("case_no", "case_no", "申请编号", "Application", required=True), field("id_no", "person_id", "身份证号", "Identity number", required=True),
    field("name", "person_name", "姓名", "Name"),
])  # fmt: skip


def write_csv(folder: Path, name: str, description: dict[str, Any], rows: list[list[str]], as_of: date = AS_OF) -> None:
    """One data set, its state as of a day: its rows as a CSV and its description beside it."""
    description = {**description, "freshness": {**description["freshness"], "as_of": as_of.isoformat()}}
    with open(folder / f"{name}.csv", "w", encoding="utf-8-sig", newline="") as f:
        out = csv.writer(f)
        out.writerow([c["title"]["zh"] for c in description["schema"]["fields"]])
        out.writerows(rows)
    (folder / f"{name}.dataset.yaml").write_text(yaml.safe_dump(description, allow_unicode=True, sort_keys=False), "utf-8")
