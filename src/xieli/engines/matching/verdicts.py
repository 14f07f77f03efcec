"""Verdicts of people on hits, as files that are only ever added to; what they say of a model; suspension.

A verdict is true, not_true (with why), data_error or open. A later one does not erase an earlier one. Precision is
true ÷ (true + not_true + data_error), by model, site and month. A model that errs too often is suspended until a
person lifts it with a reason.
"""
from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from .authorization.permit import policy
from .runs.reveal import find_hit
from .runs.run import run_folder
from .words import MatchError
from .workspace import Workspace, read_json, write_json

VERDICTS = {
    "true": {"zh": "属实", "en": "true"},
    "not_true": {"zh": "不属实", "en": "not true"},
    "data_error": {"zh": "数据错误", "en": "data error"},
    "open": {"zh": "待核", "en": "open"},
}
# Ours: a model is suspended once this many hits were judged and fewer than this share were true.
SUSPEND_AFTER, SUSPEND_BELOW = 20, 0.2


def judge(workspace: Workspace, run_id: str, hit: str, verdict: str, *, by: str, reason: str, site: str, now: datetime) -> dict[str, Any]:
    """Record a person's verdict; `suspends` in the answer says whether the model is suspended by it.

    MatchError for an unknown verdict, or one against a hit without its reason.
    """
    if verdict not in VERDICTS:
        raise MatchError("verdict", f"结论应为 {'、'.join(VERDICTS)} 之一", f"a verdict is one of {', '.join(VERDICTS)}")
    if verdict != "open" and not reason.strip():
        raise MatchError("reason", "请写明理由：它会告诉模型错在哪里", "give the reason: it tells the model where it errs")
    folder = run_folder(workspace, run_id)
    found = find_hit(folder, hit)
    home = folder / "verdicts"
    home.mkdir(exist_ok=True)
    with workspace.lock("verdicts"):
        number = len(list(home.glob(f"{hit}.*.json"))) + 1
        record = {
            "hit": hit, "run": run_id, "model": found["model"], "version": found["version"], "verdict": verdict, "reason": reason.strip(),
            "by": by, "site": site, "at": now.isoformat(), "number": number,
        }  # fmt: skip
        write_json(home / f"{hit}.{number}.json", record)
    workspace.record(now, by, "judged", {k: record[k] for k in ("run", "hit", "model", "version", "verdict", "site")})
    said = suspended(workspace, record["model"])
    known = [a["act"] for a in workspace.acts() if a["act"] in ("suspended", "suspension_lifted") and a["detail"]["model"] == record["model"]] if said else []
    record["suspends"] = said is not None and known[-1:] != ["suspended"]
    if record["suspends"]:
        workspace.record(now, by, "suspended", {"model": record["model"], "why": said})
    return record


def latest(workspace: Workspace) -> list[dict[str, Any]]:
    """The last verdict on each hit. A hit found by several runs is one hit."""
    last: dict[str, dict[str, Any]] = {}
    for path in workspace.runs.glob("*/verdicts/*.json"):
        record = read_json(path)
        held = last.get(record["hit"])
        if held is None or (record["at"], record["number"]) > (held["at"], held["number"]):
            last[record["hit"]] = record
    return sorted(last.values(), key=lambda r: (r["model"], r["at"]))


def outcomes(workspace: Workspace) -> list[dict[str, Any]]:
    """Counts and precision per model, version, site and month."""
    groups: dict[tuple[str, str, str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(VERDICTS, 0))
    for record in latest(workspace):
        groups[record["model"], record["version"], record["site"], record["at"][:7]][record["verdict"]] += 1
    out = []
    for (model, version, site, month), counts in sorted(groups.items()):
        judged = counts["true"] + counts["not_true"] + counts["data_error"]
        precision = f"{counts['true'] / judged:.3f}" if judged else None
        out.append({"model": model, "version": version, "site": site, "month": month, **counts, "judged": judged, "precision": precision})
    return out


def suspended(workspace: Workspace, model: str) -> dict[str, str] | None:
    """Why a model may not run now, or None."""
    limits = policy(workspace).get("suspension", {})
    after = int(limits.get("judged", SUSPEND_AFTER))
    below = float(limits.get("precision_below", SUSPEND_BELOW))
    lifted_at = max((a["at"] for a in workspace.acts() if a["act"] == "suspension_lifted" and a["detail"]["model"] == model), default="")
    counted = [r for r in latest(workspace) if r["model"] == model and r["verdict"] != "open" and r["at"] > lifted_at]
    true = sum(r["verdict"] == "true" for r in counted)
    if len(counted) >= after and true / len(counted) < below:
        return {
            "zh": f"已判 {len(counted)} 条，属实 {true} 条，低于 {below:.0%} 的下限；须说明改进后由人解除",
            "en": f"{len(counted)} hits were judged and {true} were true, below the floor of {below:.0%}; a person must lift this and say what changed",
        }
    return None


def lift_suspension(workspace: Workspace, model: str, *, by: str, reason: str, now: datetime) -> None:
    """Let a suspended model run again; the reason stays on record."""
    if not reason.strip():
        raise MatchError("reason", "解除暂停须写明改了什么", "say what changed before lifting a suspension")
    workspace.record(now, by, "suspension_lifted", {"model": model, "reason": reason.strip()})
