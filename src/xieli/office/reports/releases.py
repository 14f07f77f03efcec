"""Released figures: asked by a person, computed by the report role over facts only, approved by two persons, then frozen."""
from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
from django.db import transaction

from xieli.engines.ledger.canonical import dumps
from xieli.engines.metrics import SMALL, Period, Query, compile_total, evaluate, remembering, written
from xieli.engines.metrics.compile import AsOf
from xieli.office.audit import record
from xieli.office.ids import random_id
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.source import call, today
from xieli.office.reports import hiding
from xieli.office.reports.models import Release
from xieli.office.reports.services import Behind, book, codes_of, definitions_digest, rows_behind


@transaction.atomic
def ask(code: str, over: Period, known_by: date) -> Release:
    """Ask for a report to be released: the report role's process computes it, a checker and an approver decide.

    Raises Refused for a report nobody defined, or a period that has not ended.
    """
    if code not in book().reports:
        raise Refused("unknown_report", "没有这张报表。", "There is no such report.")
    if over.last > today() or known_by > today():
        raise Refused("future", "期间尚未结束，不能发布。", "The period has not ended; it cannot be released.")
    identity = random_id()
    call("ask_release", identity, code, over.first, over.last, known_by)
    record("report.asked", release=identity, report=code)
    return Release.objects.get(pk=identity)


@transaction.atomic
def decide(release: Release, verdict: str) -> str:
    """Check or approve a release as one of two persons; refused is final."""
    state = str(call("pass_release", release.id, verdict))
    record("report.passed", release=release.id, verdict=verdict)
    return state


def compute_asked(connection: psycopg.Connection[Any], limit: int = 20) -> int:
    """Compute what was asked for and not computed yet; runs as the report role, in its own process. Returns how many."""
    done = 0
    for identity, code, first, last, known_by in connection.execute("select id, report, first, last, known_by from release where state = 'asked' order by id limit %s", [limit]).fetchall():
        content = content_of(connection, code, Period(first, last), known_by, identity)
        connection.execute("select access.compute_release(%s, %s, %s)", [identity, json.dumps(content, ensure_ascii=False), hashlib.sha256(dumps(content)).hexdigest()])
        connection.commit()
        done += 1
    return done


def content_of(connection: psycopg.Connection[Any], code: str, over: Period, known_by: date, release: int = 0) -> dict[str, Any]:
    """What is frozen: every figure as printed, small cells, their complements and what would tell them beside other releases hidden, and the digest of the definitions."""
    definition = book().reports[code]

    def run(query: Query) -> Sequence[Sequence[Any]]:
        return connection.execute(query.sql, query.parameters).fetchall()  # type: ignore[arg-type]

    def signed(metric: str, span: Period) -> Decimal:
        rows = connection.execute("select coalesce(sum(number), 0) from opening_balance where metric = %s and until between %s and %s and coalesce(since, %s) >= %s",
                                  [metric, span.first, span.last, span.first, span.first]).fetchone()
        return Decimal(rows[0]) if rows else Decimal(0)

    once = remembering(run)
    found = [evaluate(book(), name, over, once, known_by=known_by, by=definition.by.get(name, ""), opening=signed) for name in codes_of(code)]
    records = {f.metric.code: int(once(compile_total(f.metric.count, AsOf(over, known_by), at_end=f.metric.at_end))[0][0]) if f.metric.denominator is None else None for f in found}
    earlier = hiding.before(connection, release, records)
    hidden = hiding.kept_back(found, records, over, earlier)
    figures: dict[str, Any] = {}
    for f in found:
        metric, total = f.metric, records[f.metric.code]
        small = hidden.get(metric.code)
        groups = {} if small else hiding.groups_shown(f, definition.by.get(metric.code, ""), AsOf(over, known_by), once, earlier)
        figures[metric.code] = {
            "text_zh": small[0] if small else f.text("zh"), "text_en": small[1] if small else f.text("en"), "opening": str(f.opening) if f.opening and not small else "",
            "records": total if not small and (total is None or total >= SMALL or total == 0) else None,
            "comparisons": [] if small else hiding.comparisons_shown(f, over, earlier),
            "groups": {str(g): (None if n is None else written(n, metric.rounding)) for g, n in groups.items()},
        }
    return {"report": code, "first": over.first.isoformat(), "last": over.last.isoformat(), "known_by": known_by.isoformat(), "figures": figures, "definitions": definitions_digest()}


def opened(release: Release, metric: str) -> tuple[Behind, int | None]:
    """The records behind a released figure that this reader may see, and how many are not open to him (None: not told,
    because the figure is hidden or a share)."""
    behind = rows_behind(metric, Period(release.first, release.last), known_by=release.known_by)
    records = release.content["figures"].get(metric, {}).get("records")
    return behind, None if records is None else max(int(records) - behind.counted, 0)


def may_release() -> bool:
    """Whether who asks holds an office that may ask for, check and approve figures (head, deputy, room head, case management)."""
    return bool(call("may_release"))


@transaction.atomic
def for_assessment(release: Release) -> bytes:
    """A released report of a scheme's indicators as it goes into an assessment: figures, definitions, who checked and approved, and the signature.

    The signature is the ledger's: the act `assessment.signed` carries the digest of everything under `signed`, and the sealer's Ed25519
    seal covers the act. `xieli audit receipt EVENT` gives the proof that checks without this installation. Raises Refused for a report
    that is no scheme's or was not approved by two persons (seed row S4-57), NotVisible for who holds no office that may release.
    """
    if not may_release():
        raise NotVisible()
    known = book()
    scheme = next((code for code, metrics in known.schemes.items() if set(metrics) <= set(release.content.get("figures", {}))), None)
    if scheme is None:
        raise Refused("no_scheme", "这张报表不是考核方案的指标，不能作为考核报送件导出。", "This report holds no assessment scheme's indicators and cannot be taken out for one.")
    if release.state != Release.State.RELEASED or release.checked_by is None or release.approved_by is None or release.released_at is None:
        raise Refused("not_released", "须经核对和批准两人签批发布后，才能导出考核报送件。", "It is taken out for an assessment only once two persons have checked and approved it.")
    if any(known[code].sensitive for code in release.content["figures"] if code in known):
        raise Refused("no_assessment", "统计措施和处分的口径不得进入考核。", "A count of measures or sanctions cannot enter an assessment.")
    signed = {
        "scheme": scheme, "release": release.ref, "content": release.content, "sha256": release.sha,
        "definitions": {code: {"zh": known[code].zh, "en": known[code].en, "about_zh": known[code].about_zh, "about_en": known[code].about_en} for code in release.content["figures"]},
        "checked_by": str(release.checked_by), "approved_by": str(release.approved_by), "released_at": release.released_at.isoformat(),
    }
    digest = hashlib.sha256(dumps(signed)).hexdigest()
    event = record("assessment.signed", release=release.id, report=release.report, digest=digest)
    return dumps({"signed": signed, "digest": digest, "event": str(event)})
