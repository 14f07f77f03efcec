"""Linking two registers end to end, and what a person sees of a pair."""
from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from xieli.engines.matching.er import company_spec as companies
from xieli.engines.matching.er import explain, labels, link, quality
from xieli.engines.matching.er.households import link_households
from xieli.engines.matching.er.mixes import mixes
from xieli.engines.matching.er.people import RULES, person_spec, prepare_people
from xieli.engines.matching.er.synth_companies import make_companies
from xieli.engines.matching.er.synth_people import make_people
from xieli.engines.matching.er.synth_places import synthetic_gazetteer

pytest.importorskip("splink")


@pytest.fixture(scope="module")
def registers():
    return make_people(3000, mixes()["mixed"], seed=11)


@pytest.fixture(scope="module")
def tables(registers):
    g = synthetic_gazetteer()
    return prepare_people(registers.left, g, ("entity",)), prepare_people(registers.right, g, ("entity",))


@pytest.fixture(scope="module")
def model(tables):
    return link.train(tables, person_spec(), sample_pairs=5e5)


@pytest.fixture(scope="module")
def pairs(tables, model):
    return link.score(tables, person_spec(), model, detail=True)


def test_most_pairs_are_found_without_any_label(registers, pairs):
    true = quality.mark_true(pairs, registers.truth)
    q = quality.at_threshold(pairs["weight"].to_numpy(), true, registers.truth.num_rows, 0.0)
    assert q.precision > 0.98
    assert q.recall > 0.97


def test_the_counts_of_new_pairs_add_up_to_all_candidates(tables, registers):
    counts = link.measure_blocking(tables, RULES, registers.truth)
    left = {r["unique_id"]: r for r in tables[0].to_pylist()}
    right = {r["unique_id"]: r for r in tables[1].to_pylist()}
    by_hand = 0
    for a, b in zip(registers.truth["left_id"].to_pylist(), registers.truth["right_id"].to_pylist(), strict=True):
        by_hand += any(all(left[a][c] is not None and left[a][c] == right[b][c] for c in r.columns) for r in RULES)
    assert sum(c.new_found for c in counts) == by_hand
    assert all(c.new_pairs <= c.pairs for c in counts)
    assert all(c.found <= c.pairs for c in counts)


def test_the_same_data_give_the_same_pairs(tables, model, pairs):
    assert link.score(tables, person_spec(), model, detail=True).equals(pairs)


def test_a_waterfall_adds_up_to_the_weight_of_its_pair(pairs, model):
    spec = person_spec()
    for row in pairs.to_pylist()[::50]:
        fall = explain.waterfall(row, spec, model)
        assert fall.total == pytest.approx(row["weight"], abs=1e-6)
        assert fall.start + sum(s.weight for s in fall.steps) == pytest.approx(fall.total)
        assert fall.probability == pytest.approx(row["probability"], abs=1e-6)


def test_a_waterfall_is_drawn_in_both_languages_with_every_step_in_words(pairs, model):
    fall = explain.waterfall(pairs.to_pylist()[0], person_spec(), model)
    for language in ("zh", "en"):
        root = ET.fromstring(explain.svg(fall, language))
        text = "".join(root.itertext())
        assert all((s.level_zh if language == "zh" else s.level_en) in text for s in fall.steps)
    with pytest.raises(ValueError, match="zh or en"):
        explain.svg(fall, "fr")
    json.dumps(fall.to_dict(), ensure_ascii=False)


def test_strength_words_climb_with_the_bits():
    words = [explain.strength(b)[1] for b in (-3, 1, 3, 7, 12)]
    assert words == ["unlikely the same", "weak", "moderate", "strong", "very strong"]


def test_a_model_goes_through_json_unchanged_and_a_broken_file_is_refused(model):
    assert link.Model.from_json(model.to_json()) == model
    with pytest.raises(ValueError, match="not a matching model"):
        link.Model.from_json('{"kind": 1}')


def test_a_label_keeps_levels_and_nothing_of_anybody(pairs, registers):
    spec = person_spec()
    row = pairs.to_pylist()[0]
    text = json.dumps(labels.label(row, spec, "true").to_dict(), ensure_ascii=False)
    left = {r["id"]: r for r in registers.left.to_pylist()}[row["left_id"]]
    for value in (row["left_id"], row["right_id"], left["name"], left["birth"], left["phone"], left["id_number"]):
        assert value not in text
    with pytest.raises(ValueError, match="levels and a verdict"):
        labels.Label.from_dict({"levels": {}, "verdict": "true", "name": "王伟"}, spec)
    with pytest.raises(ValueError, match="unknown level"):
        labels.Label.from_dict({"levels": {"name": "王伟"}, "verdict": "true"}, spec)
    with pytest.raises(ValueError, match="verdict must be"):
        labels.label(row, spec, "maybe")


def test_verdicts_move_a_model_by_their_number(model, pairs):
    spec = person_spec()
    by_shape = labels.Label((("address", "missing"), ("birth", "same"), ("name", "shape"), ("phone", "missing"), ("sex", "same")), "true")
    place = [level.key for level in spec.comparisons[0].all_levels].index("shape")
    before = model.parameters["name"][place]["m"]
    few, many = labels.learn(model, spec, [by_shape] * 5), labels.learn(model, spec, [by_shape] * 500)
    assert before < few.parameters["name"][place]["m"] < many.parameters["name"][place]["m"]
    assert many.parameters["phone"] == model.parameters["phone"]  # missing teaches nothing
    for comparison in many.parameters.values():
        assert sum(x["m"] for x in comparison) == pytest.approx(1, abs=0.01)
    unjudged = labels.Label(by_shape.levels, "open")
    assert labels.learn(model, spec, [unjudged] * 50).parameters == model.parameters
    assert labels.precision([by_shape, labels.Label(by_shape.levels, "false"), unjudged]) == 0.5
    assert labels.precision([unjudged]) is None


def test_households_are_linked_by_members_not_by_address(registers, pairs):
    left = dict(zip(registers.left["id"].to_pylist(), registers.left["household"].to_pylist(), strict=True))
    right = dict(zip(registers.right["id"].to_pylist(), registers.right["household"].to_pylist(), strict=True))
    found = link_households(pairs, left, right)
    assert len(found) > 100
    right_ones = sum(h.left[1:] == h.right[1:] for h in found)
    assert right_ones / len(found) > 0.95
    for h in found:
        assert len({a for a, _, _ in h.members}) == len({b for _, b, _ in h.members}) == len(h.members)
        assert 0 < h.share <= 1


def test_companies_are_linked_although_most_codes_are_missing():
    made = make_companies(1500, seed=4)
    g = synthetic_gazetteer()
    tables = tuple(companies.prepare_company_table(t, g) for t in (made.left, made.right))
    spec = companies.company_spec()
    found = link.score(tables, spec, link.train(tables, spec, sample_pairs=5e5))
    q = quality.at_threshold(found["weight"].to_numpy(), quality.mark_true(found, made.truth), made.truth.num_rows, 0.0)
    assert q.precision > 0.98
    assert q.recall > 0.95


def test_the_threshold_with_the_best_f1_is_found_and_ties_are_kept_together():
    import numpy as np

    weights, true = np.array([5.0, 4, 4, 1]), np.array([True, True, False, False])
    best = quality.best_threshold(weights, true, 2)
    assert best.threshold == 2.5
    assert best.f1 == pytest.approx(0.8)
    assert quality.at_threshold(weights, true, 2, 4.5).recall == 0.5


def test_numbers_of_different_length_and_empty_fields_are_compared_without_an_error():
    """hamming() of two lengths is an error in the database; a register has both."""
    import pyarrow as pa

    g = synthetic_gazetteer()
    row = {"id": "1", "name": "王伟", "birth": "1980-01-01", "sex": "男", "phone": "12345678901", "address": "", "id_number": "990101198001011234"}
    left = pa.Table.from_pylist([row, row | {"id": "2", "phone": "", "birth": "1980-02-30"}])
    right = pa.Table.from_pylist([row | {"id": "3", "phone": "1234567890", "id_number": "990101800101123"}, row | {"id": "4", "phone": None, "name": ""}])
    spec = person_spec(with_identity=True)
    flat = {c.key: [{"m": 0.5, "u": 0.1}] * len(c.all_levels) for c in spec.comparisons}
    tables = prepare_people(left, g), prepare_people(right, g)
    found = link.score(tables, spec, link.Model("person", 0.01, flat, "by hand"), floor=0.0, detail=True).to_pylist()
    levels = {(r["left_id"], r["right_id"]): {c.key: c.level_of(r[f"gamma_{c.key}"]).key for c in spec.comparisons} for r in found}
    assert levels["1", "3"] == {"name": "same", "birth": "same", "sex": "same", "phone": "other", "address": "missing", "id_number": "other"}
    assert levels["1", "4"]["name"] == "missing"
    assert levels["2", "4"]["birth"] == "year"  # 30 February is a slip that still says something
