"""The few shapes our pictures need, escaped and accessible. Colours are tokens, so that both themes and print work."""
from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from html import escape
from zlib import crc32

from django.utils.safestring import SafeString, mark_safe


def wide(words: str, size: float = 12) -> float:
    """How many pixels a text takes at this size: a Han character is one em, others a little over half."""
    return sum(size if unicodedata.east_asian_width(c) in "WF" else size * 0.56 for c in words)


def fit(words: str, pixels: float, size: float = 12) -> str:
    """The text cut to a width, with an ellipsis; the table twin carries it whole."""
    if wide(words, size) <= pixels:
        return words
    while words and wide(words + "…", size) > pixels:
        words = words[:-1]
    return words.rstrip() + "…"


SNUG = 480  # a picture no wider than this is read whole on a phone; a wider one is scrolled there


@dataclass
class Picture:
    """An SVG with a title for screen readers; shapes use classes, never inline styles (CSP)."""

    width: int
    height: int
    title: str
    shapes: list[str] = field(default_factory=list)

    @property
    def hatch(self) -> str:
        """The name of this picture's hatching: what must be told from a plain bar in grey print."""
        return f"h{crc32(f'{self.title}{self.width}x{self.height}'.encode()):x}"

    def rect(self, x: float, y: float, w: float, h: float, css: str, tip: str = "", rx: int = 2, *, hatched: bool = False) -> None:
        """A bar; `tip` is its accessible name; `hatched` lays our hatching over it."""
        inner = f"<title>{escape(tip)}</title>" if tip else ""
        place = f'x="{x:.1f}" y="{y:.1f}" width="{max(w, 1):.1f}" height="{h:.1f}" rx="{rx}"'
        self.shapes.append(f'<rect {place} class="{css}">{inner}</rect>')
        if hatched:
            self.shapes.append(f'<rect {place} fill="url(#{self.hatch})"/>')

    def text(self, x: float, y: float, words: str, css: str = "", anchor: str = "start") -> None:
        """Words."""
        self.shapes.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{css}" text-anchor="{anchor}">{escape(words)}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, css: str) -> None:
        """A stroke."""
        self.shapes.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"/>')

    def mark(self, x: float, y: float, css: str, tip: str = "", shape: str = "circle") -> None:
        """A point: circle, diamond or square."""
        inner = f"<title>{escape(tip)}</title>" if tip else ""
        if shape == "circle":
            self.shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" class="{css}">{inner}</circle>')
        elif shape == "diamond":
            self.shapes.append(f'<path d="M{x:.1f} {y - 6:.1f} l6 6 l-6 6 l-6 -6 z" class="{css}">{inner}</path>')
        else:
            self.shapes.append(f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" class="{css}">{inner}</rect>')

    def path(self, d: str, css: str, tip: str = "") -> None:
        """A free path."""
        inner = f"<title>{escape(tip)}</title>" if tip else ""
        self.shapes.append(f'<path d="{d}" class="{css}">{inner}</path>')

    def link(self, url: str, begin: int) -> None:
        """What was drawn since `begin = len(shapes)` leads to an address of ours."""
        if url:
            self.shapes[begin:] = [f'<a href="{escape(url)}">{"".join(self.shapes[begin:])}</a>']

    def render(self) -> SafeString:
        """The markup; scales down on narrow screens."""
        drawn = "".join(self.shapes)
        pattern = (f'<defs><pattern id="{self.hatch}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6" class="hatching"/></pattern></defs>'
                   if f"#{self.hatch}" in drawn else "")
        # every text above is escaped
        return mark_safe(
            f'<svg class="picture{" snug" if self.width <= SNUG else ""}" width="{self.width}" viewBox="0 0 {self.width} {self.height}" role="img" aria-label="{escape(self.title)}" preserveAspectRatio="xMinYMin meet">'
            f"<title>{escape(self.title)}</title>{pattern}{drawn}</svg>")
