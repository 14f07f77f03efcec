"""Persons: derived columns, comparisons and blocking rules for linking two registers."""
from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from .gazetteer import Gazetteer, split_addresses
from .names import POSITIONS, prepare_persons
from .spec import Comparison, Level, Rule, Spec

TRAITS = ("name", "sex", "birth", "phone", "address", "id_number")
LUNAR_DAYS = (18, 52)  # a lunar date read as a solar one lies 18–52 days early (leap months aside)

_SAME_SHAPE = " and ".join(
    f"(n_c{i}_l = n_c{i}_r or list_contains(n_v{i}_l, n_c{i}_r))" for i in range(POSITIONS)
)
NAME = Comparison(
    "name", "姓名", "name", "n_form_l is null or n_form_r is null",
    (
        Level("same", "字形相同", "same characters", "n_form_l = n_form_r", weigh_by="n_form"),
        Level("order", "用字相同、次序不同", "same characters in another order", "n_ordered_l = n_ordered_r"),
        Level(
            "sound", "同音", "same sound (any reading)",
            "n_sound_l = n_sound_r or list_contains(n_sounds_l, n_sound_r) or list_contains(n_sounds_r, n_sound_l)"
            " or list_has_any(n_sounds_l, n_sounds_r)",
        ),
        Level("shape", "形近", "similar shape", f"n_c0_l > 0 and n_c0_r > 0 and {_SAME_SHAPE}"),
        Level("dialect", "方音相近", "same in dialect sound", "n_dialect_l = n_dialect_r"),
        Level(
            "one_missing", "少一字", "one character missing",
            "n_c0_l = n_c0_r and n_c0_l > 0 and n_c3_l = 0 and n_c3_r = 0 and ("
            "(n_c2_l > 0 and n_c2_r = 0 and (n_c1_r = n_c1_l or n_c1_r = n_c2_l))"
            " or (n_c2_r > 0 and n_c2_l = 0 and (n_c1_l = n_c1_r or n_c1_l = n_c2_r)))",
        ),
        Level(
            "one_other", "一字不同", "one character of three differs",
            "n_c2_l > 0 and n_c2_r > 0 and ((n_c0_l = n_c0_r)::int + (n_c1_l = n_c1_r)::int + (n_c2_l = n_c2_r)::int) = 2",
        ),
        Level("surname", "仅同姓", "same surname only", "n_surname_l = n_surname_r"),
    ),
)  # fmt: skip
BIRTH = Comparison(
    "birth", "出生日期", "date of birth", "birth_l is null or birth_r is null",
    (
        Level("same", "相同", "same", "birth_l = birth_r"),
        Level("one_digit", "一位数字不同", "one digit differs", "hamming(birth_l, birth_r) = 1"),
        Level("swapped", "月日颠倒", "month and day swapped", "b_turned_l = birth_r"),
        Level(
            "lunar", "相差约一月（疑农历）", "about a month apart (lunar date?)",
            f"abs(b_day_l - b_day_r) between {LUNAR_DAYS[0]} and {LUNAR_DAYS[1]}",
        ),
        Level("year", "同年", "same year", "b_year_l = b_year_r"),
    ),
)  # fmt: skip
SEX = Comparison("sex", "性别", "sex", "sex_l is null or sex_r is null", (Level("same", "相同", "same", "sex_l = sex_r"),))
PHONE = Comparison(
    "phone", "电话", "telephone", "phone_l is null or phone_r is null",
    (
        Level("same", "相同", "same", "phone_l = phone_r", weigh_by="phone"),
        Level("one_digit", "一位数字不同", "one digit differs", "case when length(phone_l) = length(phone_r) then hamming(phone_l, phone_r) = 1 else false end"),
    ),
)  # fmt: skip
ADDRESS = Comparison(
    "address", "住址", "address", "a_place_l is null or a_place_r is null",
    (
        Level("house", "同村同组同号", "same house", "a_house_l = a_house_r and (a_village_l = a_village_r or a_place_l = a_place_r)"),
        Level("village", "同村", "same village", "a_village_l = a_village_r"),
        Level("town", "同乡镇", "same town", "a_town_l = a_town_r"),
        Level("county", "同县", "same county", "a_county_l = a_county_r"),
    ),
)  # fmt: skip
IDENTITY = Comparison(
    "id_number", "身份证号", "identity number", "id_number_l is null or id_number_r is null",
    (
        Level("same", "相同", "same", "id_number_l = id_number_r"),
        Level("one_digit", "一位不同", "one digit differs", "case when length(id_number_l) = length(id_number_r) then hamming(id_number_l, id_number_r) = 1 else false end"),
    ),
)  # fmt: skip
RULES = (
    Rule("name_year", ("n_form", "b_year")),
    Rule("birth_surname", ("birth", "n_surname")),
    Rule("phone", ("phone",)),
    Rule("name_town", ("n_form", "a_town")),
    Rule("sound_year", ("n_sound", "b_year")),
    Rule("house", ("a_village", "a_house", "sex")),
    Rule("birth_last", ("birth", "n_last")),
    Rule("dialect_town", ("n_dialect", "a_town")),
)
SURE = (Rule("name_birth_sex", ("n_form", "birth", "sex")),)


def person_spec(with_identity: bool = False) -> Spec:
    """The spec for persons; the identity number takes part only where both registers carry it."""
    extra = (IDENTITY,) if with_identity else ()
    rules = (Rule("id_number", ("id_number",)), *RULES) if with_identity else RULES
    return Spec("person", (NAME, BIRTH, SEX, PHONE, ADDRESS, *extra), rules, SURE)


def prepare_people(table: pa.Table, gazetteer: Gazetteer, keep: tuple[str, ...] = ()) -> pa.Table:
    """Derived columns for a register with columns id and any of TRAITS; missing traits become null.

    A birth not written YYYY-MM-DD counts as missing; 30 February stays: a slip of one digit still says much. `keep` names columns to carry along.
    """
    n = table.num_rows

    def column(name: str) -> pa.Array:
        if name not in table.column_names:
            return pa.nulls(n, pa.string())
        values = table[name].combine_chunks().cast(pa.string())
        values = pc.utf8_trim_whitespace(values)
        return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)

    birth = column("birth")
    well_formed = pc.match_substring_regex(birth, r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
    birth = pc.if_else(well_formed, birth, pa.scalar(None, pa.string()))
    # days by the calendar of months: enough to tell "about a month apart"
    year, month, day = (pc.utf8_slice_codeunits(birth, a, b) for a, b in ((0, 4), (5, 7), (8, 10)))
    turned = pc.binary_join_element_wise(year, day, month, "-")
    number = [pc.cast(x, pa.int32()) for x in (year, month, day)]
    days = pc.add(
        pc.add(pc.multiply(number[0], 365), pc.cast(pc.multiply(pc.cast(number[1], pa.float64()), 30.44), pa.int32(), safe=False)),
        number[2],
    )
    out: dict[str, pa.Array | pa.ChunkedArray] = {
        "unique_id": table["id"].cast(pa.string()),
        "sex": column("sex"),
        "birth": birth,
        "b_year": year,
        "b_turned": turned,
        "b_day": days,
        "phone": column("phone"),
        "id_number": pc.utf8_upper(column("id_number")),
    }
    names = prepare_persons(column("name")).table("n_")
    address = split_addresses(column("address"), gazetteer)
    out |= {k: names[k] for k in names.column_names}
    out |= {"a_" + k: address[k] for k in address.column_names}
    out |= {k: table[k] for k in keep}
    return pa.table(out)
