from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("XIELI_SHARED", Path(__file__).resolve().parents[4] / "shared"))


@pytest.fixture
def published():
    """Path of a published instance by name; skips where the evaluation data are absent."""
    def find(name: str) -> Path:
        path = SHARED / "data" / "gap" / name
        if not path.exists():
            pytest.skip("evaluation data (shared/data/gap) not present")
        return path
    return find


@pytest.fixture
def evaluation():
    """A synthetic evaluation instance by name; skips where the evaluation data are absent."""
    def find(name: str) -> dict[str, Any]:
        path = SHARED / "data" / "alloc" / name
        if not path.exists():
            pytest.skip("evaluation data (shared/data/alloc) not present")
        return json.loads(path.read_text(encoding="utf-8"))
    return find


def make_zones(units: int = 24, bodies: int = 4, seed: int = 3, **more: Any) -> dict[str, Any]:
    """A small invented map with a crowded corner, so that nearest-body is out of balance."""
    rnd = random.Random(seed)
    industries = ["bank", "tax", "rail"]
    return {
        "bodies": [{"id": f"b{k}", "seat_km": [rnd.uniform(0, 20), rnd.uniform(0, 20)], "officers": rnd.randint(10, 20),
                    "expertise": [industries[k % 3]]} for k in range(bodies)],
        "units": [{"id": f"u{i:02}", "at_km": [rnd.gauss(6, 4), rnd.gauss(6, 4)], "load": rnd.randint(2, 12),
                   "industry": rnd.choice(industries), "recused": [f"b{rnd.randrange(bodies)}"] if rnd.random() < 0.2 else []} for i in range(units)],
        "ladder": [0.05, 0.10, 0.20], **more,
    }
