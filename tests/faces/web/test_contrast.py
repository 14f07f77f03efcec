"""The colours are what the style sheet says they are: every pair that carries words or marks is computed, in both themes (WCAG 2.2, 1.4.3, 1.4.11)."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[3] / "src/xieli/faces/web/static/xieli/base.css").read_text(encoding="utf-8")
INKS = ("ink", "soft", "blue", "red", "yellow", "green", "grey")
PAPERS = ("bg", "card", "tint", "warn", "bad", "good")


def tokens(theme: str) -> dict[str, str]:
    """Token → colour of a theme; the dark blocks replace the light ones."""
    light, dark = CSS.split(":root", 1)[1].split("}", 1)[0], re.search(r'html\[data-theme="dark"\],[^{]*\{(.*?)\}', CSS, re.S)
    found = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{3,6})", light))
    if theme == "dark":
        assert dark is not None
        found |= dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{3,6})", dark.group(1)))
    return found


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.2, definition of terms)."""
    digits = colour.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    channels = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    a, b = sorted((luminance(one), luminance(other)), reverse=True)
    return (a + 0.05) / (b + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("ink", INKS)
def test_words_can_be_read_on_every_paper(theme, ink, paper):
    found = tokens(theme)
    assert contrast(found[ink], found[paper]) >= 4.5, f"{theme}: {ink} {found[ink]} on {paper} {found[paper]}: {contrast(found[ink], found[paper]):.2f}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_head_can_be_read(theme):
    found = tokens(theme)
    assert contrast(found["head-ink"], found["head"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_stage_that_is_open_can_be_read(theme):
    found = tokens(theme)
    assert contrast(found["card"], found["blue"]) >= 4.5


@pytest.mark.parametrize("pair", [("#fff", "#0b5cad"), ("#fff", "#094a8c"), ("#fff", "#c01c28"), ("#3d2e00", "#ffd33d")])
def test_fixed_pairs_can_be_read(pair):
    assert pair[1] in CSS
    assert contrast(*pair) >= 4.5


def test_both_dark_blocks_say_the_same():
    """One block is for who chose dark, one for whose system is dark."""
    blocks = re.findall(r'data-theme="(?:auto|dark)"\](?:, \.theme-dark)?\s*\{(.*?)\}', CSS, re.S)
    sets = [dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{3,6})", b)) for b in blocks if "--bg" in b]
    assert len(sets) == 2
    assert sets[0] == sets[1]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_border_of_a_field_can_be_seen(theme):
    found = tokens(theme)
    assert contrast(found["grey"], found["card"]) >= 3
