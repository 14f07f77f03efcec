"""One door to HiGHS (inside scipy) for integer programmes."""
from __future__ import annotations

from typing import Any

import numpy as np

from .core import Floats

SOLVE_ERROR = 4


def milp(cost: Floats, whole: Any, upper: Any, matrix: Any, low: Any, high: Any, *, nodes: int, seconds: float, gap: float = 0.0) -> Any:
    """min cost·x, low ≤ matrix·x ≤ high, 0 ≤ x ≤ upper; scipy's result object.

    HiGHS sometimes ends with an internal "Solve error" after presolve (seen on a township of 257 villages, scipy 1.17.1); the
    same programme is then solved once more without presolve.
    """
    from scipy.optimize import Bounds, LinearConstraint
    from scipy.optimize import milp as scipy_milp

    options = {"mip_rel_gap": gap, "node_limit": nodes, "time_limit": seconds}
    rules = LinearConstraint(matrix, low, high)
    whole = np.broadcast_to(np.asarray(whole), cost.shape)
    result = scipy_milp(cost, integrality=whole, bounds=Bounds(0, upper), constraints=rules, options=options)
    if result.status == SOLVE_ERROR and result.x is None:
        result = scipy_milp(cost, integrality=whole, bounds=Bounds(0, upper), constraints=rules, options=options | {"presolve": False})
    return result
