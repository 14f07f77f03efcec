"""A table that turns into cards on a phone says in each cell what it is; only a cell of buttons needs no word."""
from __future__ import annotations

import re
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[3] / "src/xieli/faces/web/templates/web"
BARE = re.compile(r"<td(?![^>]*data-label)[^>]*>(.*?)</td>", re.S)
# a state that stands under the row's other words
WORDS = {("reporters/desk.html", "erased_at")}


def test_every_cell_of_a_folding_table_is_named():
    bare, tables = [], 0
    for path in sorted(TEMPLATES.rglob("*.html")):
        for table in re.findall(r'<table class="[^"]*\bstack\b[^"]*">.*?</table>', path.read_text(encoding="utf-8"), re.S):
            tables += 1
            name = path.relative_to(TEMPLATES).as_posix()
            bare += [f"{name}: {cell[:60]}" for cell in BARE.findall(table) if "<form" not in cell and not any(name == n and w in cell for n, w in WORDS)]
    assert tables > 20
    assert not bare, "\n".join(bare)
