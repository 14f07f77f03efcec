"""How often one program may ask: a bucket per token and kind of request, in this process (the limit is shared out among processes)."""
from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field

READS, WRITES = "reads", "writes"


def _per_minute(kind: str) -> float:
    """Requests a minute for one token: XIELI_API_READS (600) and XIELI_API_WRITES (120)."""
    return float(os.environ.get(f"XIELI_API_{kind.upper()}", {"reads": "600", "writes": "120"}[kind]))


@dataclass
class Buckets:
    """Token buckets: full at a minute's worth, refilled evenly. `tick` tells seconds and never goes back."""

    tick: object = time.monotonic
    _left: dict[tuple[int, str], tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, token: int, kind: str) -> float:
        """Seconds to wait before this request is allowed; 0.0: it is, and is counted."""
        most = _per_minute(kind)
        now = float(self.tick())  # type: ignore[operator]
        with self._lock:
            left, since = self._left.get((token, kind), (most, now))
            left = min(most, left + (now - since) * most / 60)
            if left < 1:
                self._left[token, kind] = (left, now)
                return (1 - left) * 60 / most
            self._left[token, kind] = (left - 1, now)
            if len(self._left) > 10_000:  # tokens come and go: full buckets need no place
                self._left = {k: v for k, v in self._left.items() if now - v[1] < 60}
            return 0.0


buckets = Buckets()
