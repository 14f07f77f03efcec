"""Synthetic company registers with truth: invented trade names, codes of an invented area (91 99xxxx …)."""
from __future__ import annotations

import numpy as np
import pyarrow as pa

from .synth_people import Registers, _address, _phones, _Population, _village_texts, confusable, homophones
from .synth_places import CITIES

TRADE = "宏达鑫盛泰和润丰恒信瑞祥隆昌顺安嘉禾云岭金诺博远天成众联华茂百川同兴德隆永固汇通锦程星辰蓝图巨力正源康宁佳美启航"
INDUSTRIES = ("建筑工程", "建设工程", "商贸", "农业开发", "科技", "物流", "装饰工程", "劳务", "食品", "建材", "园林绿化", "物业管理")
FORMS = ("有限公司", "有限责任公司", "股份有限公司")
# shares of second-register rows with each error; all assumed, no study found
RATES = {"form_word": 0.3, "place_left_out": 0.3, "place_bracket": 0.1, "sound": 0.03, "shape": 0.03, "uscc_missing": 0.6, "phone_changed": 0.3, "legal_changed": 0.1, "moved": 0.1}
USCC_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)])  # GB 32100-2015
USCC_CHARS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _credit_code(area: str, body: str) -> str:
    first = f"91{area}{body}"
    total = sum(USCC_CHARS.index(c) * int(w) for c, w in zip(first, USCC_WEIGHTS, strict=True))
    return first + USCC_CHARS[(31 - total % 31) % 31]


def make_companies(n: int, seed: int, overlap: float = 0.5) -> Registers:
    """Two registers of n companies, `overlap` of them the same; same arguments, same registers.

    Columns: id, entity, name, uscc, address, phone, legal_person. Errors in the second register after RATES.
    """
    if n < 10 or not 0 < overlap <= 1:
        raise ValueError("n must be at least 10 and overlap between 0 and 1 / 行数至少 10，重合比例在 0 与 1 之间")
    rng = np.random.default_rng(seed)
    both = round(n * overlap)
    total = 2 * n - both
    people = _Population(rng, total)
    full, short, area = _village_texts()
    trade_chars = np.array(list(TRADE))
    trade = np.char.add(rng.choice(trade_chars, total), rng.choice(trade_chars, total))
    cities = np.char.add(np.array(CITIES.split()), "市")
    city = rng.integers(0, len(cities), total)
    industry = rng.choice(np.array(INDUSTRIES), total)
    form = rng.choice(np.array(FORMS), total, p=[0.75, 0.2, 0.05])
    codes = [
        _credit_code(a, "".join(USCC_CHARS[k] for k in row))
        for a, row in zip(area[people.village].tolist(), rng.integers(0, 31, (total, 9)).tolist(), strict=True)
    ]
    order = rng.permutation(total)
    left = np.sort(order[:n])
    right = np.concatenate([order[:both], order[n:]])
    right = right[rng.permutation(len(right))]
    sound, shape = homophones(), confusable()

    def hits(kind: str) -> np.ndarray:
        return rng.random(len(right)) < RATES[kind]

    hit = {k: hits(k) for k in RATES}
    new_phone, other = _phones(rng, len(right)), rng.integers(0, total, len(right))
    rows = []
    for k, e in enumerate(right.tolist()):
        t, f = str(trade[e]), str(form[e])
        for kind, options in (("sound", sound), ("shape", shape)):
            p = int(rng.integers(len(t)))
            if hit[kind][k] and options.get(ord(t[p])):
                choice = options[ord(t[p])]
                t = t[:p] + chr(choice[int(rng.integers(len(choice)))]) + t[p + 1 :]
        if hit["form_word"][k] and f != "股份有限公司":
            f = "有限责任公司" if f == "有限公司" else "有限公司"
        place = str(cities[city[e]])
        if hit["place_bracket"][k]:
            name = f"{t}（{place}）{industry[e]}{f}"
        else:
            name = ("" if hit["place_left_out"][k] else place) + t + str(industry[e]) + f
        at = int(people.moved_village[e] if hit["moved"][k] else people.village[e])
        rows.append({
            "id": f"R{k}", "entity": e, "name": name, "uscc": None if hit["uscc_missing"][k] else codes[e],
            "address": f"{short[at]}{people.group[e]}组{people.number[e]}号",
            "phone": str(new_phone[k] if hit["phone_changed"][k] else people.phone[e]),
            "legal_person": str(people.names[other[k] if hit["legal_changed"][k] else e]),
        })  # fmt: skip
    head = np.char.add(np.char.add(cities[city], trade), np.char.add(industry, form))
    left_table = pa.table({
        "id": pa.array(np.char.add("L", np.arange(n).astype(str))),
        "entity": pa.array(left),
        "name": pa.array(head[left]),
        "uscc": pa.array([codes[i] for i in left.tolist()]),
        "address": pa.array(_address(full[people.village[left]], people.group[left], people.number[left])),
        "phone": pa.array(people.phone[left]),
        "legal_person": pa.array(people.names[left]),
    })
    place_of = {e: i for i, e in enumerate(left.tolist())}
    pairs = [(f"L{place_of[e]}", f"R{k}") for k, e in enumerate(right.tolist()) if e in place_of]
    truth = pa.table({"left_id": [a for a, _ in pairs], "right_id": [b for _, b in pairs]})
    return Registers(left_table, pa.Table.from_pylist(rows), truth)
