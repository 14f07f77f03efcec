"""Standing checks on data that nobody here wrote: specs for their columns and honest figures.

Whatever is fitted (m, u, thresholds) is fitted on a training split of the entities; the figure of the other
split is reported beside that of all records. The tables are handed in; where they lie is the caller's affair.
"""
from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .clusters import average_link, groups
from .link import Model, connect, linker, score, train
from .quality import at_threshold, best_threshold
from .spec import Comparison, Level, Rule, Spec

MISSING_BITS = (-6.0, -5.0, -4.0, -3.0)  # what an unscored pair counts in average linkage; chosen on the training split
CUTS = tuple(x / 2 for x in range(-10, 9))  # thresholds tried on the training split, in bits


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table of standing checks. Rates 0–1; `how` says what was chosen and where."""

    data: str
    method: str
    precision: float
    recall: float
    f1: float
    how: str


def _c(key: str, zh: str, missing: str, *levels: tuple[str, str] | tuple[str, str, str]) -> Comparison:
    """A comparison whose levels need no words on a screen: key, condition, column that weighs rarity."""
    made = tuple(Level(x[0], x[0], x[0], x[1], x[2] if len(x) > 2 else None) for x in levels)
    return Comparison(key, zh, key, missing, made)


def in_training(entities: list[str]) -> NDArray[np.bool_]:
    """Whether a record's entity is in the training half: by a checksum of its name, the same on every machine."""
    return np.array([zlib.crc32(str(e).encode()) % 2 == 0 for e in entities])


# --- historical_50k --------------------------------------------------------------------------------------

HISTORICAL = Spec(
    "historical",
    (
        _c(
            "given", "名", "given_l is null or given_r is null",
            ("same", "given_l = given_r", "given"),
            ("close", "jaro_winkler_similarity(given_l, given_r) >= 0.9"),
            ("stem", "starts_with(given_l, substr(given_r, 1, 3))"),
            ("initial", "substr(given_l, 1, 1) = substr(given_r, 1, 1)"),
        ),
        _c(
            "family", "姓", "family_l is null or family_r is null",
            ("same", "family_l = family_r", "family"),
            ("one_edit", "damerau_levenshtein(family_l, family_r) <= 1"),
            ("close", "jaro_winkler_similarity(family_l, family_r) >= 0.88"),
            ("elsewhere", "list_contains(words_l, family_r) or list_contains(words_r, family_l)"),
        ),
        _c(
            "birth", "出生日期", "birth_l is null or birth_r is null",
            ("same", "birth_l = birth_r", "birth"),
            ("one_edit", "damerau_levenshtein(birth_l, birth_r) <= 1"),
            ("two_edits", "damerau_levenshtein(birth_l, birth_r) <= 2"),
        ),
        # postcode and birthplace say much the same, so they share one comparison
        _c(
            "place", "地点", "(post_l is null or post_r is null) and (town_l is null or town_r is null)",
            ("post", "post_l = post_r", "post"),
            ("post_near_town", "levenshtein(post_l, post_r) <= 2 and town_l = town_r"),
            ("post_near", "levenshtein(post_l, post_r) <= 2"),
            ("outward_town", "outward_l = outward_r and town_l = town_r"),
            ("town", "town_l = town_r", "town"),
            ("outward", "outward_l = outward_r", "outward"),
            ("town_close", "jaro_winkler_similarity(town_l, town_r) >= 0.9"),
            ("half_known", "(post_l is null or post_r is null) or (town_l is null or town_r is null)"),
        ),
        _c("work", "职业", "work_l is null or work_r is null", ("same", "work_l = work_r", "work")),
        _c("gender", "性别", "gender_l is null or gender_r is null", ("same", "gender_l = gender_r")),
    ),
    tuple(
        Rule("+".join(columns), columns)
        for columns in (
            ("post",), ("family", "town"), ("family", "birth"), ("given", "family"), ("family", "work"),
            ("birth", "town"), ("given", "birth"), ("given", "town", "work"), ("post3", "given"), ("post3", "family"),
            ("given", "town", "gender"), ("town", "year"), ("full",), ("birth", "work"), ("family", "year"),
        )
    ),
    (Rule("sure", ("given", "family", "birth")),),
)  # fmt: skip


def prepare_historical(rows: pa.Table) -> pa.Table:
    """Columns for HISTORICAL. A lone word, or a last word that is mostly a first name, is put where it is mostly used."""
    with connect() as con:
        con.register("h", rows)
        return con.sql("""
            with word as (
                select word, sum(first) as first, sum(last) as last from (
                    select first_name as word, 1 as first, 0 as last from h where surname is not null
                    union all select surname, 0, 1 from h where surname is not null) group by word)
            select unique_id, cluster, full_name as full,
                case when h.surname is null and coalesce(a.last, 0) > coalesce(a.first, 0) then null else first_name end as given,
                case when h.surname is null then (case when coalesce(a.last, 0) > coalesce(a.first, 0) then first_name end)
                     when coalesce(b.first, 0) > 20 * coalesce(b.last, 0) then null else h.surname end as family,
                list_distinct(string_split(full_name, ' ')) as words,
                dob as birth, substr(dob, 1, 4) as year, birth_place as town, postcode_fake as post,
                split_part(postcode_fake, ' ', 1) as outward, substr(postcode_fake, 1, 3) as post3,
                occupation as work, gender
            from h left join word a on a.word = h.first_name left join word b on b.word = h.surname
            order by unique_id""").to_arrow_table()


def _pair_counts(labels: NDArray[np.int64], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """Number of pairs put together, of true pairs, and of both."""

    def pairs(x: NDArray[np.int64]) -> float:
        sizes = np.unique(x, return_counts=True)[1].astype(float)
        return float((sizes * (sizes - 1) / 2).sum())

    return np.array([pairs(labels), pairs(truth), pairs(labels * (int(truth.max()) + 1) + truth)])


def cluster_figures(labels: NDArray[np.int64], truth: NDArray[np.int64], only: NDArray[np.bool_] | None = None) -> tuple[float, float, float]:
    """Pairwise precision, recall and F1 of clusters; `only`: pairs with at least one record in the mask."""
    counts = _pair_counts(labels, truth)
    if only is not None:
        counts = counts - _pair_counts(labels[~only], truth[~only])
    put, true, both = counts
    return both / put if put else 0.0, both / true, 2 * both / (put + true)


def historical(rows: pa.Table) -> list[Figure]:
    """Ours and Splink's demo settings on historical_50k, both by pairs inside the proposed clusters."""
    prepared = prepare_historical(rows)
    names = prepared["cluster"].to_pylist()
    truth = np.unique(np.array(names), return_inverse=True)[1]
    training = in_training(names)
    half = prepared.filter(pa.array(training))
    sizes = np.unique(truth[training], return_counts=True)[1]
    n_half = int(training.sum())
    # true pairs grow with the records, all pairs with their square
    prior = float((sizes * (sizes - 1)).sum()) / (n_half * (n_half - 1)) * n_half / len(truth)
    model = train((half,), HISTORICAL, label_column="cluster", prior=prior)
    pairs = score((prepared,), HISTORICAL, Model(model.kind, prior, model.parameters, model.trained_on), floor=1e-4)
    number = {u: i for i, u in enumerate(prepared["unique_id"].to_pylist())}
    left = np.array([number[x] for x in pairs["left_id"].to_pylist()])
    right = np.array([number[x] for x in pairs["right_id"].to_pylist()])
    weights = pairs["weight"].to_numpy()
    inside = training[left] & training[right]  # the choice is made where both ends are in the training half
    renumber = np.cumsum(training) - 1
    best = (-1.0, 0.0, 0.0)
    for missing in MISSING_BITS:
        for cut in CUTS:
            labels = average_link(renumber[left[inside]], renumber[right[inside]], weights[inside], n_half, cut, missing)
            f1 = cluster_figures(labels, truth[training])[2]
            best = max(best, (f1, missing, cut))
    _, missing, cut = best
    labels = average_link(left, right, weights, len(truth), cut, missing)
    how = f"average linkage ≥ {cut:+.1f} bits, unscored pair {missing:+.0f}; chosen on the training half (F1 {best[0]:.3f})"
    out = [
        Figure("historical_50k", "xieli, pairs with a test record", *cluster_figures(labels, truth, ~training), how),
        Figure("historical_50k", "xieli, all records", *cluster_figures(labels, truth), how),
    ]
    candidates = best_threshold(weights[inside], truth[left[inside]] == truth[right[inside]], int(_pair_counts(truth[training], truth[training])[1]))
    outside = ~inside
    total = int(_pair_counts(truth, truth)[1] - _pair_counts(truth[training], truth[training])[1])
    q = at_threshold(weights[outside], truth[left[outside]] == truth[right[outside]], total, candidates.threshold)
    out.append(Figure("historical_50k", "xieli, scored pairs before clustering, test", q.precision, q.recall, q.f1, f"weight ≥ {q.threshold:.2f} from the training half"))
    out.append(_demo(rows, dict(zip(prepared["unique_id"].to_pylist(), truth.tolist(), strict=True))))
    return out


def _demo(rows: pa.Table, truth: dict[str, int]) -> Figure:
    """The comparisons and blocking rules that Splink's own demonstration uses on these data, clusters at 0.95."""
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    blocking: list[Any] = [
        block_on("substr(first_name,1,3)", "substr(surname,1,4)"), block_on("surname", "dob"), block_on("first_name", "dob"),
        block_on("postcode_fake", "first_name"), block_on("postcode_fake", "surname"), block_on("dob", "birth_place"),
        block_on("substr(postcode_fake,1,3)", "dob"), block_on("substr(postcode_fake,1,3)", "first_name"),
        block_on("substr(postcode_fake,1,3)", "surname"),
        block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)"),
    ]  # fmt: skip
    comparisons: list[Any] = [
        cl.ForenameSurnameComparison("first_name", "surname", forename_surname_concat_col_name="first_name_surname_concat"),
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.PostcodeComparison("postcode_fake"),
        cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
        cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
    ]
    with connect() as con:
        con.register("h", rows)
        table = con.sql("select *, concat_ws(' ', first_name, surname) as first_name_surname_concat from h").to_arrow_table()
        made = SettingsCreator("dedupe_only", comparisons, blocking).create_settings_dict("duckdb")
        link = linker(con, (table,), made)
        sure = ["l.first_name = r.first_name and l.surname = r.surname and l.dob = r.dob", "substr(l.first_name,1,2) = substr(r.first_name,1,2) and l.surname = r.surname and substr(l.postcode_fake,1,2) = substr(r.postcode_fake,1,2)", "l.dob = r.dob and l.postcode_fake = r.postcode_fake"]
        link.training.estimate_probability_two_random_records_match(sure, recall=0.6)
        link.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
        for rule in ("l.first_name = r.first_name and l.surname = r.surname", "l.dob = r.dob"):
            link.training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=1.0)
        predicted = link.inference.predict(threshold_match_probability=0.95)
        pairs = con.sql(f"select unique_id_l, unique_id_r from {predicted.physical_name}").fetchall()
    number = {u: i for i, u in enumerate(truth)}
    left = np.array([number[a] for a, _ in pairs])
    right = np.array([number[b] for _, b in pairs])
    labels = groups(left, right, len(truth))
    return Figure("historical_50k", "Splink's demo settings, clusters at 0.95", *cluster_figures(labels, np.array(list(truth.values()))), "threshold of the demo")


# --- FEBRL4 ----------------------------------------------------------------------------------------------

FEBRL4 = Spec(
    "febrl4",
    (
        _c(
            "given", "名", "given_name_l is null or given_name_r is null",
            ("same", "given_name_l = given_name_r", "given_name"),
            ("swapped", "given_name_l = surname_r or surname_l = given_name_r"),
            ("close", "jaro_winkler_similarity(given_name_l, given_name_r) >= 0.88"),
        ),
        _c(
            "family", "姓", "surname_l is null or surname_r is null",
            ("same", "surname_l = surname_r", "surname"),
            ("swapped", "given_name_l = surname_r or surname_l = given_name_r"),
            ("close", "jaro_winkler_similarity(surname_l, surname_r) >= 0.88"),
        ),
        _c(
            "birth", "出生日期", "date_of_birth_l is null or date_of_birth_r is null",
            ("same", "date_of_birth_l = date_of_birth_r", "date_of_birth"),
            ("one_edit", "damerau_levenshtein(date_of_birth_l, date_of_birth_r) <= 1"),
            ("two_edits", "damerau_levenshtein(date_of_birth_l, date_of_birth_r) <= 2"),
        ),
        _c(
            "number", "社保号", "soc_sec_id_l is null or soc_sec_id_r is null",
            ("same", "soc_sec_id_l = soc_sec_id_r"),
            ("one_edit", "damerau_levenshtein(soc_sec_id_l, soc_sec_id_r) <= 1"),
            ("two_edits", "damerau_levenshtein(soc_sec_id_l, soc_sec_id_r) <= 2"),
        ),
        _c(
            "street", "街道", "address_1_l is null or address_1_r is null",
            ("same", "address_1_l = address_1_r", "address_1"),
            ("swapped", "address_1_l = address_2_r or address_2_l = address_1_r"),
            ("close", "jaro_winkler_similarity(address_1_l, address_1_r) >= 0.88"),
        ),
        _c(
            "place", "地点", "postcode_l is null or postcode_r is null",
            ("both", "postcode_l = postcode_r and suburb_l = suburb_r", "postcode"),
            ("suburb", "suburb_l = suburb_r", "suburb"),
            ("post", "postcode_l = postcode_r", "postcode"),
            ("suburb_close", "jaro_winkler_similarity(suburb_l, suburb_r) >= 0.88"),
            ("post_close", "damerau_levenshtein(postcode_l, postcode_r) <= 1"),
        ),
    ),
    tuple(
        Rule("+".join(columns), columns)
        for columns in (
            ("soc_sec_id",), ("given_name", "surname"), ("date_of_birth",), ("surname", "postcode"), ("given_name", "postcode"),
            ("surname", "suburb"), ("given_name", "suburb"), ("address_1",), ("given3", "surname3"), ("street_number", "postcode"),
            ("street_number", "surname"), ("postcode", "suburb"),
        )
    ),
    (Rule("sure", ("soc_sec_id",)),),
)  # fmt: skip


def prepare_febrl(rows: pa.Table) -> pa.Table:
    """Columns for FEBRL4 out of its CSV (names with spaces around them); `entity` is the number in rec_id."""
    with connect() as con:
        con.register("f", rows)
        text = ("given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "date_of_birth", "soc_sec_id")
        columns = ", ".join(f"nullif(trim({c}::varchar), '') as {c}" for c in text)
        return con.sql(
            f"select trim(rec_id) as unique_id, split_part(trim(rec_id), '-', 2) as entity, {columns},"
            " substr(nullif(trim(given_name), ''), 1, 3) as given3, substr(nullif(trim(surname), ''), 1, 3) as surname3"
            " from f order by unique_id"
        ).to_arrow_table()


def febrl4(left: pa.Table, right: pa.Table) -> list[Figure]:
    """FEBRL4 (5,000 × 5,000, each record has one partner): pairs above a threshold from the training half."""
    a, b = prepare_febrl(left), prepare_febrl(right)
    in_a, in_b = in_training(a["entity"].to_pylist()), in_training(b["entity"].to_pylist())
    model = train((a.filter(pa.array(in_a)), b.filter(pa.array(in_b))), FEBRL4, label_column="entity", prior=1 / b.num_rows)
    pairs = score((a, b), FEBRL4, model, floor=1e-4)
    entity = {r: r.split("-")[1] for r in a["unique_id"].to_pylist() + b["unique_id"].to_pylist()}
    ends = list(zip(pairs["left_id"].to_pylist(), pairs["right_id"].to_pylist(), strict=True))
    true = np.array([entity[x] == entity[y] for x, y in ends])
    part = in_training([entity[x] for x, _ in ends])
    weights = pairs["weight"].to_numpy()
    chosen = best_threshold(weights[part], true[part], int(in_a.sum()))
    test = at_threshold(weights[~part], true[~part], int((~in_a).sum()), chosen.threshold)
    both = at_threshold(weights, true, a.num_rows, chosen.threshold)
    how = f"weight ≥ {chosen.threshold:.2f} from the training half (F1 {chosen.f1:.4f})"
    return [
        Figure("FEBRL4", "xieli, test half", test.precision, test.recall, test.f1, how),
        Figure("FEBRL4", "xieli, all", both.precision, both.recall, both.f1, how),
    ]
