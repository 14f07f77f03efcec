"""The invented data of one case: posts, kin, company roles, contracts and transfers of five owners, with the truth beside them.

Planted: the subject's brother-in-law owns a company that won contracts of the subject's unit while he held his post, and one
chain of three transfers brings money back to the subject's account. Near misses: a namesake of the brother-in-law whose
identity number the register lacks, a company whose owner left before its contract, and a thousand unrelated transfers.
Every person is invented: area codes begin with 99.
"""
from __future__ import annotations

import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from .demo import AS_OF, crowd, described, field, write_csv

_BANK = ("demo-icb", "工贸银行渝江市分行", "Industry & Trade Bank, Yujiang Branch")
_POLICE = ("demo-police", "渝江市公安局", "Yujiang Police")
_MARKET = ("demo-market", "渝江市市场监管局", "Yujiang Market Regulation")
_TAX = ("demo-tax", "渝江税务局", "Yujiang Tax Bureau")
_OTHER_BANK = ("demo-hb", "华国银行渝江市分行", "Huaguo Bank, Yujiang Branch")
UNIT = "工贸银行渝江市分行"
LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(3**i % 31 for i in range(17))


def credit_code(rng: random.Random) -> str:
    """An invented unified credit code with a right check character, of an area that does not exist (GB 32100)."""
    first = "91" + "990101" + "".join(rng.choices("0123456789ABCDEFGH", k=9))
    return first + LETTERS[(31 - sum(LETTERS.index(c) * w for c, w in zip(first, WEIGHTS, strict=True)) % 31) % 31]


def account(rng: random.Random) -> str:
    """An invented bank account: sixteen digits that end in their Luhn digit."""
    first = "990" + "".join(rng.choices("0123456789", k=12))
    total = sum(int(d) if i % 2 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(first))
    return first + str(-total % 10)


def generate_case(folder: Path, subject: tuple[str, str], *, seed: int = 7, others: int = 300, as_of: date = AS_OF) -> dict[str, Any]:
    """Write the five data sets and their descriptions into `folder`; returns the truth. `subject`: identity number and name."""
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    everyone = [p for p in crowd(rng, others + 10) if p[0] != subject[0]]
    (wife, wife_name), (brother, _), *rest = everyone
    brother_name = "杨某林"
    posts = [[subject[0], subject[1], UNIT, "2019-03-01", ""]] + [[i, n, UNIT, "2020-01-01", ""] for i, n in rest[:20]]
    kin = [[subject[0], subject[1], wife, wife_name, "配偶"], [wife, wife_name, brother, brother_name, "兄弟姐妹"], [subject[0], subject[1], brother, brother_name, "姻亲"]]
    kin += [[a[0], a[1], b[0], b[1], "父母"] for a, b in zip(rest[20:120], rest[120:220], strict=False)]
    shadow, namesake, left = credit_code(rng), credit_code(rng), credit_code(rng)
    firms = [credit_code(rng) for _ in range(200)]
    roles = [[shadow, brother, brother_name, "2020-05-01", ""], [namesake, "", brother_name, "2018-01-01", ""], [left, wife, wife_name, "2016-01-01", "2018-12-31"]]
    roles += [[f, *rng.choice(rest[220:]), "2019-01-01", ""] for f in firms]
    contracts = [[shadow, UNIT, "480000.00", "2022-06-10"], [shadow, UNIT, "520000.00", "2023-09-18"], [namesake, UNIT, "90000.00", "2022-01-15"], [left, UNIT, "60000.00", "2021-02-01"]]
    contracts += [[f, rng.choice((UNIT, "渝江市教委", "渝江市住房建设委")), f"{rng.randint(20, 300)}000.00", f"202{rng.randint(0, 4)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}"] for f in firms]
    home, company, shell = account(rng), account(rng), account(rng)
    chain = [[home, subject[1], company, "杨某林商贸", "300000.00", "2024-03-01 09:30:00"], [company, "杨某林商贸", shell, "宁某某", "290000.00", "2024-03-06 14:00:00"],
             [shell, "宁某某", home, subject[1], "280000.00", "2024-03-12 10:15:00"]]
    accounts = [account(rng) for _ in range(400)]
    transfers = list(chain)
    for _ in range(1000):
        # money only ever goes to an account further on: no circle by chance
        a, b = sorted(rng.sample(range(len(accounts)), 2))
        day = date(2024, 1, 1) + timedelta(days=rng.randrange(300))
        transfers.append([accounts[a], rng.choice(rest)[1], accounts[b], rng.choice(rest)[1], f"{rng.randint(10, 900)}000.00", f"{day} 1{rng.randint(0, 9)}:00:00"])
    rng.shuffle(transfers)
    write_csv(folder, "unit_posts", _POSTS, posts, as_of)
    write_csv(folder, "kin_register", _KIN, kin, as_of)
    write_csv(folder, "company_roles", _ROLES, roles, as_of)
    write_csv(folder, "invoiced_contracts", _CONTRACTS, contracts, as_of)
    write_csv(folder, "transfers", _TRANSFERS, transfers, as_of)
    truth = {"company": shadow, "namesake": namesake, "left": left, "chain": [home, company, shell], "contracts": 2, "brother": brother}
    (folder / "case-truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1), "utf-8")
    return truth


_POSTS = described("unit_posts", "单位任职名册", "Posts of the unit", _BANK, [
    field("person", "person_id", "身份证号", "Identity number", required=True), field("name", "person_name", "姓名", "Name"), field("body", "body", "单位", "Unit", required=True),
    field("starts_on", "date", "任职日期", "From", required=True), field("ends_on", "date", "免职日期", "To"),
])  # fmt: skip
_KIN = described("kin_register", "户籍亲属关系", "Kinship in the household register", _POLICE, [
    field("person", "person_id", "身份证号", "Identity number", required=True), field("name", "person_name", "姓名", "Name"),
    field("relative", "person_id", "亲属身份证号", "Relative's identity number", required=True), field("relative_name", "person_name", "亲属姓名", "Relative's name"), field("relation", "code", "关系", "Relation"),
])  # fmt: skip
_ROLES = described("company_roles", "企业任职与持股", "Company officers and holders", _MARKET, [
    field("company", "credit_code", "统一社会信用代码", "Credit code", required=True), field("person", "person_id", "持股人身份证号", "Holder's identity number"), field("name", "person_name", "持股人", "Holder"),
    field("starts_on", "date", "起始日期", "From", required=True), field("ends_on", "date", "终止日期", "To"),
])  # fmt: skip
_CONTRACTS = described("invoiced_contracts", "开票合同", "Invoiced contracts", _TAX, [
    field("company", "credit_code", "销方信用代码", "Seller's credit code", required=True), field("buyer", "body", "购方单位", "Buyer", required=True),
    field("amount", "money", "金额", "Amount", required=True, minimum=0), field("signed_on", "date", "签订日期", "Signed on", required=True),
])  # fmt: skip
_TRANSFERS = described("transfers", "账户交易", "Account transfers", _OTHER_BANK, [
    field("payer", "bank_account", "付款账号", "Paying account", required=True), field("payer_name", "person_name", "付款户名", "Paying name"),
    field("payee", "bank_account", "收款账号", "Receiving account", required=True), field("payee_name", "person_name", "收款户名", "Receiving name"),
    field("amount", "money", "金额", "Amount", required=True, minimum=0), field("made_at", "instant", "交易时间", "Made at", required=True),
])  # fmt: skip
