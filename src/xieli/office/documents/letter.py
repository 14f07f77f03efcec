"""What a letter consists of, before any form: the same data becomes PDF and .docx."""
from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Paragraph:
    """`k`: p body text, h1 and h2 headings of the first and second rank, left without indent."""

    k: str
    t: str


@dataclass(frozen=True)
class Letter:
    """Words of one letter. `form`: red with the issuer's head, plain without. `widths` are shares of the table's columns."""

    form: str
    issuer: str
    title: str
    paras: tuple[Paragraph, ...]
    number: str = ""
    marks: tuple[str, ...] = ()
    to: str = ""
    head: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    signer: str = ""
    date: str = ""
    cc: str = ""
    watermark: str = ""

    def data(self) -> dict[str, Any]:
        """Plain values for the typesetters."""
        return asdict(self)
