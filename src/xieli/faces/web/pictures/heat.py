"""Heat map: rows × periods, how many fall due and the worst light among them. A table with shaded cells is its own twin."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xieli.faces.web.pictures.drawing import LIGHTS


@dataclass(frozen=True)
class HeatCell:
    """How many, the worst light among them (green, yellow, red or empty), and the address of the list behind it."""

    n: int
    light: str = ""
    url: str = ""

    @property
    def shape(self) -> str:
        """The light as a shape, for grey print."""
        return LIGHTS[self.light][0] if self.n else ""


@dataclass(frozen=True)
class HeatRow:
    """One row: its name (and address), a cell per column."""

    label: str
    cells: tuple[HeatCell, ...]
    url: str = ""

    @property
    def total(self) -> int:
        """All of the row."""
        return sum(c.n for c in self.cells)


@dataclass(frozen=True)
class HeatMap:
    """Shown by `{% heat h %}`: columns named, rows summed, totals below."""

    title: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    note: str = ""

    @property
    def totals(self) -> list[int]:
        """Per column, over all rows shown."""
        return [sum(r.cells[i].n for r in self.rows) for i in range(len(self.columns))]

    @property
    def whole(self) -> int:
        """Over everything shown."""
        return sum(self.totals)


def heat_map(title: str, corner: str, columns: Sequence[str], rows: Sequence[HeatRow], note: str = "") -> HeatMap:
    """A heat map. Raises ValueError when a row has another number of cells than there are columns."""
    for row in rows:
        if len(row.cells) != len(columns):
            raise ValueError(f"{row.label}: {len(row.cells)} cells for {len(columns)} columns")
    return HeatMap(title, corner, tuple(columns), tuple(rows), note)
