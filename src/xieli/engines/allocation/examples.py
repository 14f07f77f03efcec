"""Invented problems to try things with: the same every time, nobody's data. `xieli allocate example zones > areas.json`."""
from __future__ import annotations

import math
import random
from typing import Any

INDUSTRIES = ("bank", "tax", "power", "rail", "telecom", "petro", "fire")


def zones(units: int = 44, bodies: int = 11, seed: int = 6) -> dict[str, Any]:
    """Central units crowd round three bodies (局部承压); each now goes to its nearest body. Loads in 0.1 officer-month."""
    r = random.Random(seed)
    seats = [(6.0 * (k % 4) + r.uniform(-1, 1), 7.0 * (k // 4) + r.uniform(-1, 1)) for k in range(bodies)]
    made = [{"id": f"B{k + 1:02d}", "seat_km": [round(x, 2), round(y, 2)], "officers": r.randint(16, 30), "expertise": sorted(r.sample(INDUSTRIES, 2))} for k, (x, y) in enumerate(seats)]
    rows = []
    for n in range(units):
        at = seats[r.choice((0, 0, 1, 1, 2, r.randrange(bodies)))]
        x, y = at[0] + r.gauss(0, 2.2), at[1] + r.gauss(0, 2.2)
        near = min(range(bodies), key=lambda k: math.dist((x, y), seats[k]))
        rows.append({"id": f"U{n + 1:02d}", "at_km": [round(x, 2), round(y, 2)], "load": r.randint(3, 14), "industry": r.choice(INDUSTRIES), "recused": [f"B{near + 1:02d}"] if n % 17 == 5 else [],
                     **({} if n % 17 == 5 else {"current": f"B{near + 1:02d}"})})
    rows.append({"id": "U-outer", "at_km": [60.0, 40.0], "load": 6, "industry": "bank", "central": False, "home": "B-outer"})
    made.append({"id": "B-outer", "seat_km": [60.0, 42.0], "officers": 20, "expertise": [], "central": False})
    return {"bodies": made, "units": rows, "ladder": [0.05, 0.1, 0.15, 0.2]}


def committees(width: int = 6, height: int = 4, seed: int = 6) -> dict[str, Any]:
    """Two townships of villages on a grid and one island."""
    r = random.Random(seed)
    villages, adjacent = [], []
    for row in range(height):
        for col in range(width):
            n = row * width + col
            villages.append({"id": f"V{n + 1:02d}", "at_km": [col * 2.0 + r.uniform(-.4, .4), row * 2.0 + r.uniform(-.4, .4)], "township": "T1" if col < width // 2 else "T2",
                             "supervisor_score": r.randint(60, 98), "work": r.randint(4, 12), "supervisor_is_cadre": n % 9 == 4, "supervisor_kin_in": [f"V{n + 2:02d}"] if n % 11 == 3 else []})
            if col:
                adjacent.append([f"V{n:02d}", f"V{n + 1:02d}"])
            if row:
                adjacent.append([f"V{n + 1 - width:02d}", f"V{n + 1:02d}"])
    villages.append({"id": "V-island", "at_km": [30.0, 30.0], "township": "T2", "supervisor_score": 80, "work": 5})
    return {"villages": villages, "adjacent": adjacent}


def rota(groups: int = 7, quarters: int = 4) -> dict[str, Any]:
    """Seven groups with two heads, seven counties, four quarters; each group keeps away from its heads' home county (S4-29)."""
    return {"groups": [{"id": f"G{n + 1}", "heads": [f"室主任{n + 1}", f"组长{n + 1}"], "barred": [f"C{n + 1}"]} for n in range(groups)],
            "counties": [f"C{n + 1}" for n in range(groups)], "quarters": quarters, "gap": 4}


def chairs() -> dict[str, Any]:
    """Six members of two sides chair twelve joint meetings in turn; three absences are known."""
    return {"members": [{"id": f"M{n + 1}", "side": "A" if n < 3 else "B", "absent": [n + 1, n + 5] if n in (0, 3) else []} for n in range(6)], "meetings": 12, "rest": 2}


def staff(officers: int = 60, requests: int = 6, seed: int = 6) -> dict[str, Any]:
    """Officers of six bodies, requests of five to seven seats, a few ties and absences."""
    r = random.Random(seed)
    skills = ["accounting", "interview", "law", "it"]
    return {"skills": skills, "counties_km": [[10.0 * k, 5.0 * (k % 3)] for k in range(6)],
            "officers": [{"id": f"O{n + 1:02d}", "body": f"B{n % 6 + 1}", "rank": r.choice((2, 2, 2, 3, 4)), "skills": sorted(r.sample(range(4), 2)), "base_county": n % 6, "native_county": r.randrange(6),
                          "former_employer_unit": None, "kin_in_units": [f"U{n % 5}"] if n % 13 == 2 else [], "days_this_year": r.randint(0, 60), "away_days": [[40, 60]] if n % 8 == 0 else []} for n in range(officers)],
            "requests": [{"id": f"R{n + 1}", "county": n % 6, "unit": f"U{n % 5}", "from_day": 30 + 12 * n, "to_day": 60 + 12 * n, "handled_before_by": [f"O{n + 1:02d}"], "kind": "borrowing",
                          "seats": [{"role": "lead", "min_rank": 4, "skill": None}, {"role": "deputy", "min_rank": 3, "skill": None}, {"role": "member", "min_rank": 1, "skill": "accounting"},
                                    {"role": "member", "min_rank": 1, "skill": "interview"}, {"role": "member", "min_rank": 1, "skill": "law"}]} for n in range(requests)]}


def designate() -> dict[str, Any]:
    """One matter, five bodies: the natural one is overloaded, one is recused, one did not answer."""
    ready = {"team": "yes", "custody": "yes", "keepers": "yes", "doctor": "yes", "confirmed_by": "duty", "valid_until": "2026-03-17T20:00:00"}
    return {"now": "2026-03-17T14:00:00", "matter": {"id": "M-1", "load": 10, "natural": "north", "needs": ["team", "custody", "keepers", "doctor"]},
            "bodies": [{"id": "north", "officers": 20, "load": 310, "hours": 0.5, "experience": 5, "readiness": {**ready, "custody": "no"}, "duty_number": "990-1"},
                       {"id": "far", "officers": 18, "load": 60, "hours": 5.0, "experience": 2, "readiness": ready, "duty_number": "990-2"},
                       {"id": "near", "officers": 16, "load": 120, "hours": 1.0, "experience": 0, "readiness": {}, "duty_number": "990-3"},
                       {"id": "kin", "officers": 30, "load": 20, "hours": 1.0, "experience": 3, "readiness": ready, "excluded": ["recusal"]},
                       {"id": "west", "officers": 22, "load": 180, "hours": 2.0, "experience": 1, "readiness": {**ready, "doctor": "unknown"}, "duty_number": "990-5"}]}


EXAMPLES = {"zones": zones, "replan": zones, "frontier": zones, "conflict": zones, "committees": committees, "rota": rota, "chairs": chairs, "staff": staff, "designate": designate}
