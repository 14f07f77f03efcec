"""The eleven flags: equal to the published expected files, and to their definitions where no file shows a case."""
from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from xieli.engines.matching.evaluate import cardinal, evaluate, settings_of
from xieli.engines.matching.procurement.flags import Settings, compute, read_releases, read_settings
from xieli.engines.matching.procurement.stats import fences, quantile
from xieli.engines.matching.words import MatchError

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("XIELI_SHARED", ROOT.parent / "shared")) / "data"


def files() -> list[Path]:
    return sorted((SHARED / "cardinal").glob("*.jsonl"))


@pytest.mark.skipif(not files(), reason="evaluation data folder is absent")
def test_every_expected_file_is_equal_as_json():
    for path in files():
        expected = json.loads(path.with_suffix(".expected").read_text("utf-8"))
        assert compute(read_releases(path), settings_of(path.stem)) == expected, path.stem


def bid(who: str, amount: float | None = None, status: str = "valid", **more: object) -> dict:
    raw: dict = {"status": status, "tenderers": [{"id": w} for w in who.split("+")], **more}
    if amount is not None:
        raw["value"] = {"amount": amount, "currency": "CNY"}
    return raw


def release(ocid: str, *bids: dict, winner: str = "", **more: object) -> dict:
    raw: dict = {"ocid": ocid, "bids": {"details": list(bids)}, **more}
    if winner:
        raw["awards"] = [{"status": "active", "suppliers": [{"id": w} for w in winner.split("+")]}]
    return raw


def only(code: str, **own: str) -> Settings:
    return Settings(flags={code: dict(own)})


def test_quartiles_are_those_of_the_published_demonstration():
    f = fences([0, 0, *[100] * 7])
    assert f is not None
    assert (round(f.q1, 4), f.q3, round(f.lower, 4)) == (66.6667, 100, 16.6667)
    assert fences([0, 0, 0]) is None
    assert fences([]) is None
    assert quantile([3], 0.75) == 3


def test_a_cancelled_tender_and_a_release_without_a_text_id_count_nowhere():
    assert compute([release("1", tender={"numberOfTenderers": 1, "procurementMethod": "open", "status": "cancelled"})], only("R018")) == {}
    assert compute([{"ocid": 5, "tender": {"numberOfTenderers": 1, "procurementMethod": "open"}}], only("R018")) == {}


def test_r003_per_method_and_per_details():
    def period(ocid: str, days: int, **tender: str) -> dict:
        return {"ocid": ocid, "tender": {"tenderPeriod": {"startDate": "2026-01-01T00:00:00+08:00", "endDate": f"2026-01-{1 + days:02d}T00:00:00+08:00"}, **tender}}

    data = [period("a", 14, procurementMethod="open"), period("b", 14, procurementMethod="direct"), period("c", 6, procurementMethodDetails="short", procurementMethod="open")]
    assert set(compute(data, only("R003"))["OCID"]) == {"a", "b", "c"}
    assert set(compute(data, only("R003", procurement_methods="open|selective"))["OCID"]) == {"a", "c"}
    limited = only("R003")
    limited.day_limits = {"short": 5}
    assert set(compute(data, limited)["OCID"]) == {"a", "b"}


def test_r025_a_frequent_loser_is_named_and_unfinished_or_joint_processes_are_left_out():
    data = [release("0", bid("F"), winner="F"), *(release(str(i), bid("F"), bid(str(i)), winner=str(i)) for i in range(1, 6))]
    assert compute(data, only("R025")) == {"Tenderer": {"F": {"R025": 1 / 6}}}
    pending = release("p", bid("F"), awards=[{"status": "pending"}])
    two = release("t", bid("F"), awards=[{"status": "active", "suppliers": [{"id": "x"}]}, {"status": "active", "suppliers": [{"id": "y"}]}])
    joint = release("j", bid("F+G"), winner="F")
    shared = release("s", bid("F"), winner="F+G")
    assert compute([*data, pending, two, joint, shared], only("R025")) == {"Tenderer": {"F": {"R025": 1 / 6}}}


def test_r030_a_late_valid_bid_of_a_supplier():
    tender = {"tenderPeriod": {"endDate": "2026-03-15T00:00:00Z"}}
    late, early = {"date": "2026-04-01T00:00:00Z"}, {"date": "2026-03-15T00:00:00Z"}
    assert compute([release("F", bid("W", **late), winner="W", tender=tender)], only("R030")) == {"OCID": {"F": {"R030": 1.0}}, "Tenderer": {"W": {"R030": 1.0}}}
    for other in (release("a", bid("W", **early), winner="W", tender=tender), release("b", bid("W", status="disqualified", **late), winner="W", tender=tender), release("c", bid("L", **late), winner="W", tender=tender)):
        assert compute([other], only("R030")) == {}


def test_r035_counts_other_tenderers_with_disqualified_bids():
    data = [release("F", bid("V"), bid("D", status="disqualified"), bid("D", status="disqualified"), bid("E", status="disqualified"), winner="V")]
    assert compute(data, only("R035")) == {"OCID": {"F": {"R035": 2.0}}, "Tenderer": {"V": {"R035": 0.0}}}
    assert compute(data, only("R035", threshold="3")) == {}
    assert compute([release("x", bid("V"), bid("U"), bid("D", status="disqualified"), winner="V")], only("R035")) == {}
    assert compute([release("x", bid("V"), bid("D", status="disqualified"), winner="W")], only("R035")) == {}
    pending = release("x", bid("V"), bid("D", status="disqualified"), awards=[{"status": "active", "suppliers": [{"id": "V"}]}, {"status": "pending"}])
    assert compute([pending], only("R035")) == {}


def test_r038_by_tenderer_needs_two_submitted_bids():
    data = [release("0", bid("T", status="disqualified"), bid("A"), bid("B")), release("1", bid("T"), bid("A"), bid("B")), release("2", bid("C", status="disqualified"), bid("A"), bid("B"), bid("D"))]
    data += [release("3", bid("D"), bid("A")), release("4", bid("E"), bid("E"))]
    assert compute(data, only("R038")) == {"Tenderer": {"T": {"R038": 0.5}}}


def test_r048_variety_of_first_level_classes():
    def awarded(ocid: str, who: str, *classes: object) -> dict:
        return {"ocid": ocid, "awards": [{"status": "active", "suppliers": [{"id": w} for w in who.split("+")], "items": [{"classification": {"id": c}} for c in classes]}]}

    data = [awarded("F", "F", "10000000", "11000000"), *(awarded(str(i), str(i), "10000000") for i in range(4))]
    assert compute(data, only("R048", minimum_contracting_processes="1")) == {"Tenderer": {"F": {"R048": 2.0}}}
    assert compute(data, only("R048")) == {}
    assert compute(data, only("R048", threshold="2")) == {}, "the least number of processes holds under a threshold of one's own too"
    assert compute(data, only("R048", threshold="2", minimum_contracting_processes="1")) == {"Tenderer": {"F": {"R048": 2.0}}}
    assert compute([*data, awarded("8", "F", "12")], only("R048", threshold="3", minimum_contracting_processes="2")) == {"Tenderer": {"F": {"R048": 3.0}}}
    assert compute([awarded("8", "F", "12"), awarded("9", "F")], only("R048", threshold="1", minimum_contracting_processes="2")) == {}, "a process without a class is not counted"
    assert compute([awarded("x", "A+B", "10", "20", "30")], only("R048", threshold="2", minimum_contracting_processes="1")) == {}


def priced(who: str, amount: float, currency: str = "CNY", status: str = "valid") -> dict:
    return {**bid(who, status=status), "value": {"amount": amount, "currency": currency}}


def test_equal_prices_are_compared_within_their_own_currency():
    foreign = release("x", priced("A", 1, "USD"), priced("B", 1, "USD"))
    assert set(compute([release("1", bid("A", 5)), foreign], only("R028"))["OCID"]) == {"x"}
    assert compute([release("x", priced("A", 1, "USD"), priced("B", 1, "CNY"))], only("R028")) == {}
    assert compute([release("x", bid("A", 1), bid("A", 1))], only("R028")) == {}, "one's own second bid"
    assert compute([release("x", {**bid("A"), "value": {"amount": 1}}, {**bid("B"), "value": {"amount": 1}})], only("R028")) == {}, "no currency, no price"
    assert set(compute([release("x", bid("A", 0), bid("B", 0))], only("R028"))["OCID"]) == {"x"}


def test_differences_are_taken_in_the_main_currency_only_the_configured_or_the_first_seen():
    first = release("1", bid("W", 100), bid("L", 101), winner="W")
    foreign = release("2", priced("W", 100, "USD"), priced("L", 101, "USD"), winner="W")
    mixed = release("3", bid("W", 100), priced("L", 101, "USD"), winner="W")
    assert set(compute([first, foreign, mixed], only("R024", threshold="0.05"))["OCID"]) == {"1"}
    usd = only("R024", threshold="0.05")
    usd.currency = "USD"
    assert set(compute([first, foreign, mixed], usd)["OCID"]) == {"2"}


def close(*bids: dict, **more: object) -> dict:
    return compute([release("p", *bids, winner="W", **more)], only("R024", threshold="0.05"))


def test_r024_looks_at_the_lowest_of_the_winner_and_the_lowest_of_another():
    assert close(bid("W", 100), bid("L", 105))["OCID"]["p"] == {"R024": 0.05}, "at the threshold exactly"
    assert close(bid("W", 100), bid("L", 106)) == {}
    assert close(bid("W", 100), bid("W", 101), bid("L", 150)) == {}, "the winner's own second bid is no competition"
    assert set(close(bid("W", 100), bid("L", 101), bid("M", 101))["Tenderer"]) == {"W", "L"}, "of equal ones the first that stands there"
    assert set(close(bid("W", 100), bid("L+M", 90), bid("N", 101))["Tenderer"]) == {"W", "N"}, "a joint bid is passed over, not the process"
    assert close(bid("W", 100), bid("L", 99)) == {}, "where the lowest did not win, price was not all"
    for price in (0, -5):
        assert close(bid("W", price), bid("L", 101)) == {}, "nothing or less has no percentage"
    assert close(bid("W", 100)) == close(bid("L", 100)) == close() == {}
    assert compute([release("p", bid("W", 100), bid("L", 100))], only("R024", threshold="0.05")) == {}, "no award"
    assert compute([release("p", bid("W", 100), bid("L", 100), winner="W")], only("R024", threshold="0")) == {}, "a fence of nothing flags nothing"
    twice = [release("p", bid("W", 100), bid("L", 101), winner="W"), release("p", bid("W", 100), bid("L", 200), winner="W")]
    assert compute(twice, only("R024", threshold="0.05")) == {}, "a process on two lines counts as it stands last"
    assert compute(twice, only("R058", threshold="1"))["OCID"] == {"p": {"R058": 1.0}}


def test_r025_a_tenderer_counts_once_in_a_process_however_often_it_bids():
    data = [*(release(str(i), bid("F"), bid(str(i)), winner=str(i)) for i in range(4)), release("f", bid("F"), bid("F"), bid("F"), winner="F")]
    assert compute(data, only("R025")) == {"Tenderer": {"F": {"R025": 0.2}}}
    none = [release("n", bid("F"), bid("G")), {"ocid": "m", "bids": {"details": [bid("F")]}, "awards": []}]
    assert compute([*data, *none], only("R025")) == {"Tenderer": {"F": {"R025": 0.2}}}, "where nobody was awarded nobody lost"
    assert compute(data, only("R025", threshold="0.2"))["Tenderer"] == {"F": {"R025": 0.2}}
    assert compute(data, only("R025", threshold="0")) == {}


def test_r036_of_equal_lowest_prices_the_first_decides_and_somebody_valid_has_a_price():
    def lowest(*bids: dict) -> bool:
        return bool(compute([release("p", *bids, winner="V")], only("R036")))

    refused, valid = bid("D", 10, "disqualified"), bid("V", 10)
    assert lowest(refused, valid)
    assert not lowest(valid, refused)
    assert lowest(bid("V", 11), refused)
    assert not lowest(refused, bid("V")), "no valid bid has a price"
    assert not lowest(refused, bid("V", 11, "withdrawn"))
    assert lowest(bid("D", -1, "disqualified"), valid)
    assert compute([release("p", refused, bid("V", 11))], only("R036")) == {}, "no award"


def test_ids_and_numbers_of_the_wrong_kind_are_none():
    for count in (True, 1.0, "1", None, 0, 2, -1):
        assert compute([{"ocid": "a", "tender": {"numberOfTenderers": count, "procurementMethod": "open"}}], only("R018")) == {}, count
    number = release("p", {"status": "valid", "tenderers": [{"id": 7}], "value": {"amount": 1, "currency": "CNY"}}, bid("B", 1))
    assert compute([number], only("R028")) == {}
    for broken in ({"ocid": "a", "bids": []}, {"ocid": "a", "bids": {"details": "x"}, "awards": 7, "tender": [1]}, {"ocid": "a", "tender": {"tenderPeriod": 3}}, {}, {"ocid": None}):
        assert compute([broken]) == {}, broken


@pytest.mark.parametrize("amount", [10**400, -(10**400), float("inf"), float("nan")])
def test_a_price_that_no_price_can_be_counts_as_none(amount):
    releases = [release("o", priced("A", amount), priced("B", 5), priced("C", 5), winner="B")]
    without = [release("o", bid("A"), priced("B", 5), priced("C", 5), winner="B")]
    assert compute(releases, Settings()) == compute(without, Settings())


def test_r003_counts_whole_days_and_no_threshold_of_nothing_flags_a_period_of_hours():
    def period(start: str, end: str, **own: str) -> bool:
        return bool(compute([{"ocid": "a", "tender": {"tenderPeriod": {"startDate": start, "endDate": end}}}], only("R003", **own)))

    assert period("2026-01-01T00:00:00+08:00", "2026-01-15T23:59:59+08:00"), "fourteen whole days"
    assert not period("2026-01-01T00:00:00+08:00", "2026-01-16T00:00:00+08:00"), "fifteen exactly"
    assert not period("2026-01-01T06:00:00Z", "2026-01-01T00:00:00Z", threshold="0")
    for start, end in (("2026-01-01", "2026-01-02"), ("", "2026-01-02T00:00:00Z"), ("2026-02-30T00:00:00Z", "2026-03-01T00:00:00Z"), ("2026-01-01T00:00:00", "2026-01-02T00:00:00")):
        assert not period(start, end), "no instant, no period"


def test_r038_with_nothing_refused_flags_nobody():
    clean = [release(str(i), bid("A"), bid("B")) for i in range(5)]
    assert compute(clean, only("R038")) == {}
    assert compute(clean, only("R038", threshold="0")) == {}
    half = [release("0", bid("A", status="disqualified"), bid("A"), buyer={"id": "b"})]
    assert compute(half, only("R038", threshold="0.5")) == {"Buyer": {"b": {"R038": 0.5}}, "Tenderer": {"A": {"R038": 0.5}}}


def test_settings_are_read_in_the_published_form():
    s = read_settings("currency = CNY\nno_price_comparison_procurement_methods = Random Selection|抽签\n[exclusions]\nprocurement_method_details = EXC\n[R003]\nthreshold = 10\n[R003.procurement_method_details]\n询价 = 7\n[R035]\n")
    assert s.currency == "CNY"
    assert s.no_price_comparison == ("Random Selection", "抽签")
    assert s.flags == {"R003": {"threshold": "10"}, "R035": {}}
    assert s.day_limits == {"询价": 7}
    with pytest.raises(MatchError):
        read_settings("[R003\n")
    with pytest.raises(MatchError):
        compute([release("1")], only("R048", threshold="many"))


def test_the_table_says_so_when_data_are_absent(tmp_path):
    assert cardinal(tmp_path)[0]["ok"] is None
    assert evaluate(tmp_path, [cardinal, cardinal])[1]["ok"] is None


def test_a_wrong_expectation_shows_in_the_table(tmp_path):
    (tmp_path / "cardinal").mkdir()
    (tmp_path / "cardinal" / "R018.jsonl").write_text('{"ocid":"a","tender":{"numberOfTenderers":1,"procurementMethod":"open"}}\n')
    (tmp_path / "cardinal" / "R018.expected").write_text('{"OCID":{"b":{"R018":1.0}}}')
    assert cardinal(tmp_path)[0]["ok"] is False
