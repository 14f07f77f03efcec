"""What the desk shows: authorizations with what is left, models with their record, the catalogue with its freshness, hits by verdict."""
from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, Subquery

from xieli.engines.matching.models.contract import Model, find_model, model_folders
from xieli.engines.matching.verdicts import suspended
from xieli.office.desk import services, store
from xieli.office.desk.models import Authorization, DataSet, Hit, LeadEvidence, Run, Signature, Verdict
from xieli.office.matters.services.source import now
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter
from xieli.office.people.models import Posting

LEADERS = ("head", "deputy", "room_head")  # who may sign, as the gate of signatures asks again


def authorizations() -> list[tuple[Authorization, dict[str, int]]]:
    """Those the bound person may see, newest first, with days, runs and reveals left."""
    return [(a, services.history(a)) for a in Authorization.objects.select_related("matter").order_by("-at")[:100]]


def to_sign(rows: list[Authorization], person: int) -> list[Authorization]:
    """Of these, the ones that wait for a signature and may have this leader's: he does not operate them and has not signed."""
    leads = set(Posting.objects.filter(person_id=person, office__code__in=LEADERS, ends_at=None).exclude(confirmed_by=None).values_list("body_id", flat=True))
    waiting = [a for a in rows if a.state == "waiting" and str(person) not in a.operators and a.matter.owner_body_id in leads]
    if not waiting:
        return []
    signed = set(Signature.objects.filter(authorization__in=waiting, person_id=person).values_list("authorization_id", flat=True))
    return [a for a in waiting if a.pk not in signed]


def granted(authorization: Authorization, lang: str) -> list[dict[str, Any]]:
    """What an authorization grants, in the words of the catalogue: data set, owner, his paper, approvals of queries, columns with their uses."""
    document = authorization.document
    sets = {d.code: d for d in DataSet.objects.filter(code__in=[g["dataset"] for g in document["datasets"]])}
    out = []
    for g in document["datasets"]:
        found = sets.get(g["dataset"])
        names = {c["name"]: c["title"][lang] for c in found.columns} if found else {}
        out.append({"title": (found.title_en if lang == "en" else found.title_zh) if found else g["dataset"], "owner": (found.owner_en if lang == "en" else found.owner_zh) if found else g["owner"],
                    "number": g["instrument"]["number"], "rows": g.get("rows"), "approvals": [q for q in document.get("query_approvals", []) if q["dataset"] == g["dataset"]],
                    "columns": [(names.get(c, c), roles) for c, roles in g["columns"].items()]})
    return out


def asked_models(authorization: Authorization, lang: str) -> list[dict[str, str]]:
    """The models an authorization names, with the question of each."""
    known = model_folders()
    found = [(m, find_model(m["model"]) if m["model"] in known else None) for m in authorization.document["models"]]
    return [{"id": m["model"], "version": m["version"], "title": x.title[lang] if x else m["model"], "question": x.question[lang] if x else ""} for m, x in found]


def destroying() -> list[tuple[Authorization, int]]:
    """What ends and what is destroyed when, soonest first, with the days until then (below zero: due now)."""
    today = now().date()
    rows = Authorization.objects.select_related("matter").exclude(state="waiting").order_by("destroyed_at", "keep_until")[:100]
    return [(a, (a.keep_until - today).days + 1) for a in rows]


def under_way() -> list[Run]:
    """Runs that wait or are under way, newest first."""
    return list(Run.objects.filter(state__in=["queued", "running"]).select_related("authorization", "person").order_by("-at")[:50])


def model_names() -> dict[str, dict[str, str]]:
    """The title of every shipped model by its id."""
    return {code: find_model(code).title for code in model_folders()}


def history(code: str) -> list[dict[str, Any]]:
    """A model's record by month and body: counts from five judged hits on, the share that was true."""
    with connection.cursor() as cursor:
        cursor.execute("select month, site, site_en, judged, true_hits, not_true, data_error from access.match_outcomes_by(%s)", [code])
        return [{"month": m, "site": site, "site_en": en, "judged": n, "true": t, "not_true": f, "data_error": e, "share": round(100 * t / n)} for m, site, en, n, t, f, e in cursor.fetchall()]


def stopped(code: str) -> dict[str, str] | None:
    """Why a model may not run now, or nothing."""
    return suspended(store.workspace(now()), code)


def choices(model: Model, bind: dict[str, str]) -> list[dict[str, Any]]:
    """For each column the model needs: the columns of the bound data set that have its meaning, and the one that would be taken."""
    sets = {d.code: d for d in DataSet.objects.filter(code__in=bind.values())}
    out = []
    for table, wanted in model.inputs.items():
        found = sets.get(bind.get(table, ""))
        for name, spec in wanted.items():
            same = [c for c in found.columns if c["semantic"] in spec.semantic] if found else []
            exact = [c["name"] for c in same if c["name"] == name]
            taken = exact[0] if exact else same[0]["name"] if len(same) == 1 else ""
            out.append({"table": table, "name": name, "role": spec.role, "dataset": found, "same": same, "taken": taken, "class": next((c["query_class"] for c in same if c["name"] == taken), "")})
    return out


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
    """Open matters of the bound person for which an authorization may be asked, as the gate sees it; the database asks again at the proposal."""
    decided = Exists(Approval.objects.filter(matter=OuterRef("pk"), state__in=["approved", "used"]))
    checked = Q(kind="lead", stages__overlap=["checking", "check_result", "case_running"])
    programmes = Q(kind__in=["case", "joint_case", "joint_check", "campaign", "campaign_topic", "sweep", "inspection_round"])
    return list(Matter.objects.filter(checked | programmes & decided, status="open").exclude(stages=[]).order_by("-opened_at")[:300])


def fitting(model: Model) -> dict[str, list[DataSet]]:
    """By table of the model: the data sets that have a column of its own for each meaning the table needs; those whose columns bear the same names come first."""
    every = list(DataSet.objects.order_by("code"))
    found = {}
    for table, wanted in model.inputs.items():
        fit = [d for d in every if _each_its_own([[c["name"] for c in d.columns if c["semantic"] in spec.semantic] for spec in wanted.values()])]
        found[table] = sorted(fit, key=lambda d: -len(wanted.keys() & {c["name"] for c in d.columns}))
    return found


def suggested(model: Model, fit: dict[str, list[DataSet]]) -> dict[str, str]:
    """By table: the data set a person most likely means, and none where that is not plain.

    A set whose columns bear all the names the table has; else the only one left when those are taken, unless it would stand for several tables.
    """
    found = {t: d.code for t, sets in fit.items() for d in sets[:1] if model.inputs[t].keys() <= {c["name"] for c in d.columns}}
    left = {t: [d.code for d in sets if d.code not in found.values()] for t, sets in fit.items() if t not in found}
    only = [codes[0] for codes in left.values() if len(codes) == 1]
    return found | {t: codes[0] for t, codes in left.items() if len(codes) == 1 and only.count(codes[0]) == 1}


def _each_its_own(choices: list[list[str]]) -> bool:
    """Can every list give one name that no other gives? (one column cannot be both a person and his relative)"""
    taken: dict[str, int] = {}

    def place(i: int, seen: set[str]) -> bool:
        for name in choices[i]:
            if name not in seen:
                seen.add(name)
                if name not in taken or place(taken[name], seen):
                    taken[name] = i
                    return True
        return False

    return all(place(i, set()) for i in range(len(choices)))


def next_open(authorization: Authorization, after: Hit) -> Hit | None:
    """The next hit nobody has looked at, in the order of the list."""
    waiting = [h for h in hits(authorization) if h.verdict is None and h.pk != after.pk]
    return next((h for h in waiting if h.code > after.code), waiting[0] if waiting else None)


def recommendations() -> list[Matter]:
    """Recommendations of the bound person on which a tripwire may be set."""
    return list(Matter.objects.filter(kind="recommendation").order_by("-opened_at")[:50])


def hits(authorization: Authorization) -> list[Hit]:
    """The hits found under an authorization with their newest verdict; those without one come first."""
    newest = Verdict.objects.filter(hit=OuterRef("pk")).order_by("-at", "-id").values("verdict")[:1]
    found = list(Hit.objects.filter(run__authorization=authorization).annotate(verdict=Subquery(newest)).order_by("code")[:1000])
    return sorted(found, key=lambda h: (h.verdict is not None, h.verdict != "open", h.code))


def tally(found: list[Hit]) -> dict[str, int]:
    """How many hits, how many looked at, and as what."""
    verdicts = [h.verdict for h in found]
    return {"all": len(found), "seen": sum(v is not None for v in verdicts), "unseen": sum(v is None for v in verdicts), **{v: verdicts.count(v) for v in ("true", "not_true", "data_error", "open")}}


def same_rows(hit: Hit) -> list[Hit]:
    """Other hits of the same authorization that rest on a row of this one's evidence: what is wrong here may be wrong there."""
    mine = {(e["dataset"], r["row"]) for e in hit.evidence.values() for r in e["rows"]}
    return [h for h in hits(hit.run.authorization) if h.pk != hit.pk and mine & {(e["dataset"], r["row"]) for e in h.evidence.values() for r in e["rows"]}]


def evidence(hit: Hit, lang: str) -> list[dict[str, Any]]:
    """The evidence of a hit, one table per data set under the titles of its columns: what was compared, never an identifier."""
    return _titled(hit.evidence, next((m["bind"] for m in hit.run.authorization.document["models"] if m["model"] == hit.model), {}), lang)


def hit_behind(lead: Matter) -> Hit | None:
    """The hit of which a lead was made, for who may see that too."""
    return Hit.objects.select_related("run__authorization").filter(conversion__lead=lead).first()


def kept_evidence(made: LeadEvidence, lang: str) -> list[dict[str, Any]]:
    """The evidence that went with a lead; it stays with it when the hit itself has been destroyed."""
    return _titled(made.evidence, made.bound, lang)


def _titled(evidence: dict[str, Any], bound: dict[str, Any], lang: str) -> list[dict[str, Any]]:
    sets = {d.code: d for d in DataSet.objects.filter(code__in=[e["dataset"] for e in evidence.values()])}
    out = []
    for table, e in evidence.items():
        columns = [c for c in (e["rows"][0] if e["rows"] else {}) if c != "row"]
        found = sets.get(e["dataset"])
        titles = {c["name"]: c["title"][lang] for c in found.columns} if found else {}
        source = bound.get(table, {}).get("columns", {})
        out.append({"table": table, "dataset": e["dataset"], "title": (found.title_en if lang == "en" else found.title_zh) if found else e["dataset"], "owner": found, "count": e["count"],
                    "columns": [titles.get(source.get(c, c), c) for c in columns], "rows": [(r["row"], [r.get(c) for c in columns]) for r in e["rows"]]})
    return out


def side_by_side(shown: dict[str, Any], lang: str) -> list[dict[str, Any]]:
    """The revealed rows of each data set under the titles of their columns."""
    names = {d.code: d.title_en if lang == "en" else d.title_zh for d in DataSet.objects.filter(code__in=[s["dataset"] for s in shown.values()])}
    return [{"dataset": names.get(s["dataset"], s["dataset"]), "titles": [t[lang] for t in s["titles"].values()], "rows": [(r["row"], [r[c] for c in s["titles"]]) for r in s["rows"]]} for s in shown.values()]
