"""What the desk shows: authorizations with what is left, models with their record, the catalogue with its freshness, hits by verdict."""
from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection
from django.db.models import OuterRef, Subquery

from xieli.engines.matching.models.contract import find_model, model_folders
from xieli.engines.matching.verdicts import suspended
from xieli.office.desk import services, store
from xieli.office.desk.models import Authorization, DataSet, Hit, Verdict
from xieli.office.matters.services.source import now
from xieli.office.matters.tables.core import Matter


def authorizations() -> list[tuple[Authorization, dict[str, int]]]:
    """Those the bound person may see, newest first, with days, runs and reveals left."""
    return [(a, services.history(a)) for a in Authorization.objects.select_related("matter").order_by("-at")[:100]]


def models() -> list[dict[str, Any]]:
    """Every shipped model: question, parameters with their sources, and how often it was right (counts from five judged hits on)."""
    with connection.cursor() as cursor:
        cursor.execute("select model, judged, true_hits, not_true, data_error from access.match_outcomes()")
        known = {row[0]: {"judged": row[1], "true": row[2], "not_true": row[3], "data_error": row[4], "share": round(100 * row[2] / row[1])} for row in cursor.fetchall()}
    space = store.workspace(now())
    return [{"model": find_model(code), "record": known.get(code), "stopped": suspended(space, code)} for code in model_folders()]


def catalogue(today: date) -> list[tuple[DataSet, bool]]:
    """Every data set, and whether it is older than its owner promised."""
    return [(d, (today - d.as_of).days > d.every_days) for d in DataSet.objects.order_by("code")]


def scopes() -> list[Matter]:
    """Open matters of the bound person for which an authorization may be asked; the database asks again at the proposal."""
    return list(Matter.objects.filter(status="open", kind__in=["lead", "case", "joint_case", "joint_check", "campaign", "campaign_topic", "sweep", "inspection_round"]).order_by("-opened_at")[:30])


def hits(authorization: Authorization) -> list[Hit]:
    """The hits found under an authorization with their newest verdict; those without one come first."""
    newest = Verdict.objects.filter(hit=OuterRef("pk")).order_by("-at", "-id").values("verdict")[:1]
    found = list(Hit.objects.filter(run__authorization=authorization).annotate(verdict=Subquery(newest)).order_by("code")[:1000])
    return sorted(found, key=lambda h: (h.verdict is not None, h.verdict != "open", h.code))


def tally(found: list[Hit]) -> dict[str, int]:
    """How many hits, how many looked at, and as what."""
    verdicts = [h.verdict for h in found]
    return {"all": len(found), "seen": sum(v is not None for v in verdicts), **{v: verdicts.count(v) for v in ("true", "not_true", "data_error", "open")}}


def evidence(hit: Hit) -> list[dict[str, Any]]:
    """The evidence of a hit, one table per data set: the compared columns as the engine laid them, never an identifier."""
    out = []
    for table, e in hit.evidence.items():
        columns = [c for c in (e["rows"][0] if e["rows"] else {}) if c != "row"]
        out.append({"table": table, "dataset": e["dataset"], "count": e["count"], "columns": columns, "rows": [(r["row"], [r.get(c) for c in columns]) for r in e["rows"]]})
    return out


def side_by_side(shown: dict[str, Any], lang: str) -> list[dict[str, Any]]:
    """The revealed rows of each data set under the titles of their columns."""
    return [{"dataset": s["dataset"], "titles": [t[lang] for t in s["titles"].values()], "rows": [(r["row"], [r[c] for c in s["titles"]]) for r in s["rows"]]} for s in shown.values()]
