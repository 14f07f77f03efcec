from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig

if TYPE_CHECKING:
    from xieli.office.matters.tables.core import Matter


def _ranking(matter: Matter) -> dict[str, Any] | None:
    """Looked up when a signer looks: a process that ranks nothing need not load the engine and its arrays (10 MB)."""
    from xieli.office.allocation.services import laid_before_signer

    return laid_before_signer(matter)


class AllocationConfig(AppConfig):
    name = "xieli.office.allocation"

    def ready(self) -> None:
        """The ranking that was shown is part of what a signer has before him."""
        from xieli.office.matters.queries.snapshot import ALSO

        ALSO["ranking"] = _ranking
