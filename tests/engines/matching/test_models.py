"""Every model is whole and finds what its tests plant; one that lacks a part is refused; a new one is only a folder."""
from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from xieli.engines.matching.demo import generate
from xieli.engines.matching.models.contract import content_folder, find_model, load_model, model_folders
from xieli.engines.matching.models.dialect import rendered
from xieli.engines.matching.models.steps import hypergeometric_fdr
from xieli.engines.matching.models.testing import check, run_on
from xieli.engines.matching.words import MatchError

WANTED = {1, 2, 3, 4, 5, 6, 8, 10, 11, 15, 16, 18, 19, 20, 21, 22, 24, 25, 26, 27, 28, 29, 30, 33, 37}


def test_the_first_wave_is_all_there():
    numbers = {find_model(m).number for m in model_folders()}
    assert {int(n) for n in numbers if n.isdigit()} == WANTED
    assert numbers - {str(n) for n in WANTED} == {"15b", "S1"}


@pytest.mark.parametrize("name", sorted(model_folders()))
def test_a_models_own_tests_pass_in_full(name):
    assert check(model_folders()[name]).problems == ()


@pytest.mark.parametrize("name", sorted(model_folders()))
def test_a_model_speaks_both_languages_cites_its_numbers_and_gives_two_dialects(name):
    m = find_model(name)
    for text in (m.title, m.question, m.explanation, m.privacy, *m.innocent_causes, *(p.source for p in m.parameters.values())):
        assert any("\u4e00" <= c <= "\u9fff" for c in text["zh"]), text
        assert not any("\u4e00" <= c <= "\u9fff" for c in text["en"]), text
    values = m.parameters_with({})
    assert rendered(m, values) != ""
    assert "ARRAY_AGG" not in rendered(m, values, "spark").upper()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    home = tmp_path / "deceased_recipient"
    shutil.copytree(content_folder() / "deceased_recipient", home)
    return home


@pytest.mark.parametrize("part", ["model.yaml", "model.sql", "tests.yaml"])
def test_a_folder_without_a_part_is_refused(copy, part):
    (copy / part).unlink()
    assert part in check(copy).problems[0]["en"]


@pytest.mark.parametrize("key", ["inputs", "outputs", "explanation", "innocent_causes", "privacy", "title", "question", "version", "strength"])
def test_a_contract_without_a_part_is_refused(copy, key):
    raw = yaml.safe_load((copy / "model.yaml").read_text("utf-8"))
    del raw[key]
    (copy / "model.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    assert any(key in p["en"] for p in check(copy).problems)


def change(copy: Path, **changes: object) -> str:
    raw = yaml.safe_load((copy / "model.yaml").read_text("utf-8"))
    raw.update(changes)
    (copy / "model.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    return " ".join(p["en"] for p in check(copy).problems)


def test_an_explanation_in_one_language_or_of_unknown_values_is_refused(copy):
    assert "explanation" in change(copy, explanation={"zh": "只有中文"})
    assert "nobody" in change(copy, explanation={"zh": "{nobody}", "en": "{nobody}"})


def test_tests_without_a_near_miss_or_a_positive_are_refused(copy):
    tests = yaml.safe_load((copy / "tests.yaml").read_text("utf-8"))
    (copy / "tests.yaml").write_text(yaml.safe_dump([{**tests[0], "near_misses": []}], allow_unicode=True), "utf-8")
    assert "near miss" in check(copy).problems[0]["en"]
    (copy / "tests.yaml").write_text(yaml.safe_dump([{**tests[0], "hits": []}], allow_unicode=True), "utf-8")
    assert "positive" in check(copy).problems[0]["en"]


def test_a_model_whose_sql_misses_its_planted_hit_fails_its_check(copy):
    sql = (copy / "model.sql").read_text().replace("p.paid_on > d.died_on", "p.paid_on <> d.died_on")
    (copy / "model.sql").write_text(sql)
    told = " ".join(p["en"] for p in check(copy).problems)
    assert "expected hit missing" in told
    assert "unexpected hits" in told


def test_a_changed_model_is_another_model(copy):
    before = load_model(copy).digest
    (copy / "model.sql").write_text((copy / "model.sql").read_text() + "\n-- changed\n")
    assert load_model(copy).digest != before


def test_one_of_ours_cannot_be_replaced_by_a_folder_of_the_same_name(copy):
    with pytest.raises(MatchError, match="model_twice"):
        model_folders(copy.parent)


def test_parameters_are_checked_and_laid_in_as_literals_only():
    m = find_model("deceased_recipient")
    for bad in ({"grace_days": "60 OR true"}, {"grace_days": "1.5"}, {"nobody": "1"}):
        with pytest.raises(MatchError, match="parameter"):
            m.parameters_with(bad)
    duplicate = find_model("duplicate_benefit")
    sql = rendered(duplicate, duplicate.parameters_with({"incompatible": "A+B,'); DROP TABLE payment; --"}))
    assert "''); DROP TABLE payment; --" in sql


def test_kin_concentration_agrees_with_a_computation_by_hand():
    rows = [{"village": "V", "county": "C", "people": 60, "linked": 4, "recipients": 6, "observed": 4}]
    (hit,) = hypergeometric_fdr(rows, {"q_limit": "0.01", "least": "3"})
    # C(4,4) C(56,2) / C(60,6) = 1540 / 50063860
    assert hit["p"] == pytest.approx(1540 / 50_063_860, rel=1e-2)
    assert hit["expected"] == 0.4
    assert hypergeometric_fdr([{**rows[0], "observed": 2}], {"q_limit": "0.01", "least": "3"}) == []


def test_the_false_discovery_rate_is_controlled_within_a_county():
    rows = [{"village": str(i), "county": "C", "people": 60, "linked": 4, "recipients": 6, "observed": o} for i, o in enumerate([4, 0, 1, 0, 1])]
    found = hypergeometric_fdr(rows, {"q_limit": "1.1", "least": "0"})
    q = [r["q"] for r in sorted(found, key=lambda r: r["p"])]
    assert q == sorted(q)
    assert found[0]["q"] == pytest.approx(found[0]["p"] * 5, rel=1e-2)


def test_the_demo_county_gives_exactly_its_planted_warnings(tmp_path):
    import csv

    truth = generate(tmp_path, seed=4, people=400)

    def table(name: str, columns: dict[str, str]) -> list[dict]:
        with open(tmp_path / f"{name}.csv", encoding="utf-8-sig") as f:
            return [{k: row[v] for k, v in columns.items()} for row in csv.DictReader(f)]

    dead = find_model("deceased_recipient")
    payments = table("subsidies", {"person": "身份证号", "amount": "金额", "paid_on": "发放日期"})
    deaths = table("deaths", {"person": "身份证号", "died_on": "死亡日期"})
    assert len(run_on(dead, {"payment": payments, "death": deaths}, dead.parameters_with({}))) == len(truth["dead"]) == 3
    kin = find_model("approver_kin")
    hits = run_on(kin, {
        "approval": table("approvals", {"case_no": "申请编号", "approver": "审批人身份证号", "approved_on": "审批日期"}),
        "applicant": table("applicants", {"case_no": "申请编号", "person": "身份证号"}), "kin": table("kin", {"person": "身份证号", "relative": "亲属身份证号"}),
    }, kin.parameters_with({}))  # fmt: skip
    assert sorted(h["values"]["case_no"] for h in hits) == truth["favoured"]


def test_every_invented_person_is_of_an_area_that_does_not_exist(tmp_path):
    generate(tmp_path, people=300)
    for path in tmp_path.glob("*.csv"):
        for word in path.read_text("utf-8-sig").replace("\n", ",").split(","):
            if len(word) == 18 and word[:17].isdigit():
                assert word.startswith("99")
