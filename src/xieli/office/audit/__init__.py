"""The ledger of acts in the database: `record` writes an act, `record_look` a look; the sealer, exports and erasure live beside.

    from xieli.office.audit import record, record_look
    record("handover.sent", matters=[matter.id], to_body=body.id, number="…")
    record_look([matter.id], purpose="matter-page")
"""
from __future__ import annotations

from typing import Any

__all__ = ["record", "record_look", "record_opened"]


def __getattr__(name: str) -> Any:
    # importing the package must not import Django's database layer: settings name this package, and the sealer runs without Django
    if name in __all__:
        from xieli.office.audit import recording

        return getattr(recording, name)
    raise AttributeError(name)
