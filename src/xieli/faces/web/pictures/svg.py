"""The few shapes our pictures need, escaped and accessible. Colours are tokens, so that both themes and print work."""
from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from django.utils.safestring import SafeString, mark_safe


@dataclass
class Picture:
    """An SVG with a title for screen readers; shapes use classes, never inline styles (CSP)."""

    width: int
    height: int
    title: str
    shapes: list[str] = field(default_factory=list)

    def rect(self, x: float, y: float, w: float, h: float, css: str, tip: str = "", rx: int = 2) -> None:
        """A bar; `tip` is its accessible name."""
        inner = f"<title>{escape(tip)}</title>" if tip else ""
        self.shapes.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(w, 1):.1f}" height="{h:.1f}" rx="{rx}" class="{css}">{inner}</rect>')

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

    def render(self) -> SafeString:
        """The markup; scales down on narrow screens."""
        # every text above is escaped
        return mark_safe(
            f'<svg class="picture" viewBox="0 0 {self.width} {self.height}" role="img" aria-label="{escape(self.title)}" preserveAspectRatio="xMinYMin meet">'
            f"<title>{escape(self.title)}</title>{''.join(self.shapes)}</svg>")
