"""All reports on 200,000 matters with 2,000,000 events, as the report role; each beside the slowest sequential scan of the
tables that it names; as of a past day beside the present. Writes bench/results/reports.json.

    python bench/reports/all_reports.py [--matters 200000]
"""
from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")

import psycopg  # noqa: E402

from xieli.content import content_path  # noqa: E402
from xieli.engines.metrics import SOURCES, MetricBook, Period, Query, evaluate, load_book, remembering  # noqa: E402

YEAR = Period(date(2025, 1, 1), date(2025, 12, 31))
KINDS = "array['lead','case','rectification','decision_task','recommendation','meeting','training','joint_check','posting','evaluation']"
CODES = ("array['check.problem','problem.source','problem.found','task.origin','training.attended','meeting.held','meeting.kind','recommendation.unit','recommendation.system','posting.kind',"
         "'evaluation.unit','village.visit','package.item_unit','round.unit','check.kind','project.stage_planned']")


def fill(c: psycopg.Connection[Any], n: int) -> None:
    """Rows by the million, without the gates: n matters, ten events each (facts, moves, outcomes, hand-overs, answers)."""
    c.execute("set session_replication_role = replica")
    c.execute("insert into body (id, code, kind, rank, valid_from, name_zh, name_en, division_code, sector, short_zh, short_en, document_mark, initials, sort_key)"
              " select i, 'b' || i, 'commission', 'county', '2000-01-01', '机构' || i, 'B', '', '', '', '', '', '{}', '' from generate_series(1, 40) i")
    c.execute("insert into person (id, name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account) select 1000 + i, 'p' || i, '', '{}', '', '', '', 1, true, true from generate_series(1, 2000) i")
    c.execute("insert into office (id, body_id, code, title_zh, title_en, valid_from) select 5000 + i, i, 'handler', '', '', '2000-01-01' from generate_series(1, 40) i")
    c.execute("insert into posting (person_id, body_id, office_id, kind, starts_at, basis, is_deputy, confirmed_by_id) select 1000 + i, 1 + i % 40, 5001 + i % 40, 'regular', '2020-01-01', '', false, 1001 from generate_series(1, 2000) i")
    c.execute("insert into matter (id, kind, playbook_version, playbook_sha, title, summary, owner_body_id, level, status, stages, series, number, urgent, source, source_grade, opened_at, received_on, closed_at, close_kind, row_version, acl, deny, comps, sure_until, grams)"
              f" select i, ({KINDS})[1 + i %% 10], 1, '', 't', '', 1 + i %% 40, 0, case when i %% 2 = 0 then 'closed' else 'open' end, '{{}}', '', '', false, case when i %% 3 = 0 then 'inspection' else 'petition' end, '',"
              " timestamptz '2022-01-01' + make_interval(days => i %% 1460), date '2022-01-01' + i %% 1460, case when i %% 2 = 0 then timestamptz '2022-02-01' + make_interval(days => i %% 1460) end, '', 1, '{}', '{}', '{}', '9999-01-01', '{}'"
              " from generate_series(1, %s) i", [n])
    c.execute("insert into matter_subject (id, matter_id, kind, name, id_tail, unit_name, post, cadre_rank, dual_managed, role) select 10000000 + i, i, 'person', '', '', '', '', '', i %% 5 = 0, 'subject' from generate_series(1, %s) i", [n])
    c.execute(f"insert into fact (id, matter_id, code, subject_id, number, text, day, ref, unit, happened_on, recorded_at) select 20000000 + i, 1 + i %% %s, ({CODES})[1 + i %% 16], null, i %% 7,"
              " (array['meeting','inspection','check','survey'])[1 + i %% 4], date '2022-01-01' + i %% 1460, 1001 + i %% 2000, '', date '2022-01-01' + i %% 1460, timestamptz '2022-01-02' + make_interval(days => i %% 1460) from generate_series(1, %s) i", [n, 5 * n])
    c.execute("insert into matter_move (id, matter_id, move, from_stage, to_stages, person_id, at, by_tx, happened_at, reason) select 40000000 + i, 1 + i %% %s, 'accept', '', '{}', 1001, timestamptz '2022-01-01' + make_interval(days => i %% 1460), '', timestamptz '2022-01-01' + make_interval(days => i %% 1460), '' from generate_series(1, %s) i", [n, 3 * n])
    c.execute("insert into outcome (id, matter_id, subject_id, kind, happened_on, document_no, note, recorded_at, recorded_by_id) select 60000000 + i, i, 10000000 + i, (array['filed','case_filed','signed_off','party_sanction','to_justice','done'])[1 + i %% 6], date '2022-01-01' + i %% 1460, '', '', timestamptz '2022-01-02' + make_interval(days => i %% 1460), 1001 from generate_series(1, %s) i", [n])
    c.execute("insert into handover (id, matter_id, kind, sender_id, receiver_id, competence_reason, index, index_sha, keep_view, state, receipt_no, document_no, sent_at, sent_by_id, decided_at, reason, visible_note, sender_acl, coarse_stage)"
              " select 70000000 + i, i, 'referral', 1 + i %% 40, 1 + (i + 7) %% 40, '', '[]', '', false, 'accepted', '', '', timestamptz '2022-01-01' + make_interval(days => i %% 1460), 1001, timestamptz '2022-01-03' + make_interval(days => i %% 1460), '', '', '{}', 'sent' from generate_series(1, %s / 2) i", [n])
    c.execute("insert into matter_body (id, matter_id, body_id, role, starts_at) select 80000000 + i, i, 1 + (i + 3) %% 40, 'side', timestamptz '2022-01-01' from generate_series(1, %s / 2) i", [n])
    c.execute("vacuum analyze")


def timed(c: psycopg.Connection[Any], sql: str, parameters: Any = None) -> float:
    began = time.perf_counter()
    c.execute(sql, parameters).fetchall()  # type: ignore[arg-type]
    return (time.perf_counter() - began) * 1000


def scans(c: psycopg.Connection[Any], tables: set[str]) -> dict[str, float]:
    """Milliseconds of one sequential scan of each table, best of three, one worker."""
    c.execute("set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off; set max_parallel_workers_per_gather = 0")
    found = {t: min(timed(c, f"select count(*) from {t} where id::text <> ''") for _ in range(3)) for t in sorted(tables)}
    c.execute("reset enable_indexscan; reset enable_indexonlyscan; reset enable_bitmapscan; reset max_parallel_workers_per_gather")
    return found


def tables_of(book: MetricBook, codes: Sequence[str]) -> set[str]:
    """The base tables that the metrics of a report name."""
    todo = [c for code in codes for c in (book[code].count, book[code].denominator) if c]
    found: set[str] = set()
    while todo:
        count = todo.pop()
        found |= set(SOURCES[count.source].tables)
        todo += [c for _, c in count.having]
    return found


def codes_of(book: MetricBook, report: str) -> list[str]:
    definition = book.reports[report]
    codes = list(definition.metrics)
    for metric in definition.metrics:
        codes += [c for c in book[metric].counterparts if c not in codes]
    return codes


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--matters", type=int, default=200_000)
    n = parser.parse_args().matters
    from tests.dbfixtures import clone

    from xieli.server.cluster import Server

    book = load_book({e.name: e.read_text("utf-8") for e in content_path("metrics").iterdir() if e.name.endswith(".yaml")})
    with tempfile.TemporaryDirectory(prefix="xieli-bench-") as folder:
        Path(folder).chmod(0o711)
        with Server(Path(folder) / "pg", durable=False) as server:
            database = clone(server, "bench_reports")
            with database.admin() as admin:
                fill(admin, n)
            with psycopg.connect(database.dsn("report"), autocommit=True) as c:

                def run(query: Query) -> Sequence[Sequence[Any]]:
                    return c.execute(query.sql, query.parameters).fetchall()  # type: ignore[arg-type]

                def report(code: str, known: date | None) -> float:
                    began = time.perf_counter()
                    once = remembering(run)  # as the report service does
                    for metric in codes_of(book, code):
                        evaluate(book, metric, YEAR, once, known_by=known, by=book.reports[code].by.get(metric, ""))
                    return (time.perf_counter() - began) * 1000

                scan = scans(c, {t for code in book.reports for t in tables_of(book, codes_of(book, code))})
                lines: dict[str, Any] = {}
                for code in book.reports:
                    now, then = min(report(code, None) for _ in range(2)), min(report(code, date(2025, 6, 30)) for _ in range(2))
                    slowest = max(scan[t] for t in tables_of(book, codes_of(book, code)))
                    lines[code] = {"ms": round(now, 1), "as_of_ms": round(then, 1), "scan_ms": round(slowest, 1), "ratio_to_scan": round(now / slowest, 2), "metrics": len(codes_of(book, code))}
    first = [lines[c] for c in lines if book.reports[c].number <= 36]
    result = {"machine": {"cpu": os.cpu_count(), "python": platform.python_version(), "system": platform.system(), "load": os.getloadavg()[0]}, "matters": n, "events": 10 * n,
              "all_36_s": round(sum(x["ms"] for x in first) / 1000, 2), "as_of_36_s": round(sum(x["as_of_ms"] for x in first) / 1000, 2), "as_of_ratio": round(sum(x["as_of_ms"] for x in first) / sum(x["ms"] for x in first), 2),
              "goals": {"all_36_s": 10, "ratio_to_scan": 3, "as_of_ratio": 2}, "scans_ms": {t: round(s, 1) for t, s in scan.items()}, "reports": lines}
    (ROOT / "bench/results/reports.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(json.dumps({k: v for k, v in result.items() if k != "reports"}, ensure_ascii=False, indent=1))
    for code, line in sorted(lines.items(), key=lambda x: -x[1]["ratio_to_scan"])[:12]:
        print(code, line)


if __name__ == "__main__":
    main()
