"""Companies: derived columns, comparisons and blocking rules."""
from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from .companies import prepare_companies
from .gazetteer import Gazetteer, split_addresses
from .names import POSITIONS, prepare_persons
from .spec import Comparison, Level, Rule, Spec

COMPANY_TRAITS = ("name", "uscc", "address", "phone", "legal_person")

_SHAPE = " and ".join(f"(c_t_c{i}_l = c_t_c{i}_r or list_contains(c_t_v{i}_l, c_t_c{i}_r))" for i in range(POSITIONS))
_SAME_TRADE = Level("same", "字号相同", "same trade name", "c_trade_l = c_trade_r", weigh_by="c_trade")
COMPARISONS = (
    Comparison(
        "uscc", "统一社会信用代码", "unified credit code", "uscc_l is null or uscc_r is null",
        (
            Level("same", "相同", "same", "uscc_l = uscc_r"),
            Level("one_char", "一位不同", "one character differs", "case when length(uscc_l) = length(uscc_r) then hamming(uscc_l, uscc_r) = 1 else false end"),
        ),
    ),
    Comparison(
        "trade", "字号", "trade name", "c_trade_l is null or c_trade_r is null",
        (
            _SAME_TRADE,
            Level("order", "用字相同、次序不同", "same characters in another order", "c_t_ordered_l = c_t_ordered_r"),
            Level(
                "sound", "同音", "same sound",
                "c_t_sound_l = c_t_sound_r or list_contains(c_t_sounds_l, c_t_sound_r)"
                " or list_contains(c_t_sounds_r, c_t_sound_l) or list_has_any(c_t_sounds_l, c_t_sounds_r)",
            ),
            Level("shape", "形近", "similar shape", f"c_t_c0_l > 0 and c_t_c0_r > 0 and {_SHAPE}"),
            Level("inside", "一方包含另一方", "one contains the other", "contains(c_trade_l, c_trade_r) or contains(c_trade_r, c_trade_l)"),
        ),
    ),
    Comparison(
        "industry", "行业", "industry", "c_industry_l is null or c_industry_r is null",
        (
            Level("same", "相同", "same", "c_industry_l = c_industry_r"),
            Level("inside", "部分相同", "partly the same", "contains(c_industry_l, c_industry_r) or contains(c_industry_r, c_industry_l)"),
        ),
    ),
    Comparison("form", "组织形式", "legal form", "c_form_l is null or c_form_r is null", (Level("same", "相同", "same", "c_form_l = c_form_r"),)),
    Comparison(
        "place", "名称中的区划", "place in the name", "c_place_code_l is null or c_place_code_r is null",
        (
            Level("same", "相同", "same", "c_place_code_l = c_place_code_r"),
            Level("inside", "一方在另一方内", "one lies in the other", "starts_with(c_place_code_l, c_place_code_r) or starts_with(c_place_code_r, c_place_code_l)"),
        ),
    ),
    Comparison(
        "address", "住所", "address", "a_place_l is null or a_place_r is null",
        (
            Level("house", "同村同号", "same house", "a_house_l = a_house_r and (a_village_l = a_village_r or a_place_l = a_place_r)"),
            Level("village", "同村", "same village", "a_village_l = a_village_r"),
            Level("town", "同乡镇", "same town", "a_town_l = a_town_r"),
            Level("county", "同县", "same county", "a_county_l = a_county_r"),
        ),
    ),
    Comparison("phone", "电话", "telephone", "phone_l is null or phone_r is null", (Level("same", "相同", "same", "phone_l = phone_r", weigh_by="phone"),)),
    Comparison(
        "legal", "法定代表人", "legal representative", "l_form_l is null or l_form_r is null",
        (
            Level("same", "字形相同", "same characters", "l_form_l = l_form_r", weigh_by="l_form"),
            Level("sound", "同音", "same sound", "l_sound_l = l_sound_r"),
        ),
    ),
)  # fmt: skip
RULES = (
    Rule("uscc", ("uscc",)),
    Rule("trade", ("c_trade",)),
    Rule("sound_industry", ("c_t_sound", "c_industry")),
    Rule("phone", ("phone",)),
    Rule("legal_town", ("l_form", "a_town")),
    Rule("legal_industry", ("l_form", "c_industry")),
    Rule("house", ("a_village", "a_house")),
)


def company_spec() -> Spec:
    """The spec for companies."""
    return Spec("company", COMPARISONS, RULES, (Rule("trade_legal", ("c_trade", "l_form")),))


def prepare_company_table(table: pa.Table, gazetteer: Gazetteer, keep: tuple[str, ...] = ()) -> pa.Table:
    """Derived columns for a company register with columns id and any of COMPANY_TRAITS."""
    n = table.num_rows

    def column(name: str) -> pa.Array:
        if name not in table.column_names:
            return pa.nulls(n, pa.string())
        values = pc.utf8_trim_whitespace(table[name].combine_chunks().cast(pa.string()))
        return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)

    out: dict[str, pa.Array | pa.ChunkedArray] = {
        "unique_id": table["id"].cast(pa.string()),
        "uscc": pc.utf8_upper(column("uscc")),
        "phone": column("phone"),
    }
    names = prepare_companies(column("name").to_pylist(), gazetteer)
    address = split_addresses(column("address"), gazetteer)
    legal = prepare_persons(column("legal_person")).table("l_")
    out |= {k: names[k] for k in names.column_names}
    out |= {"a_" + k: address[k] for k in address.column_names}
    out |= {k: legal[k] for k in ("l_form", "l_sound")}
    out |= {k: table[k] for k in keep}
    return pa.table(out)
