"""Make tests/rows.csv: every row of the seed catalogue, its status, what lacks and which tests serve it.

A row is `tested` when a docstring of a test under tests/rows, tests/figures or tests/office/desk says `Sx-yy:` and carries its acceptance check, `partly` when
it says `Sx-yy (part):` or when only a playbook names the row; the rest is `cannot` in this release. Run as a module:
`python -m tests.rows.make_register`; test_register.py asserts that the file is what this makes.
"""
from __future__ import annotations

import ast
import csv
import io
import os
import re
from pathlib import Path

HERE = Path(__file__).parent
OUT = HERE.parent / "rows.csv"
LACKS = HERE / "lacks.csv"
ELSEWHERE = ("figures", "office/desk")
ROW = re.compile(r"^\s*(S[0-4]-\d{2})( \(part\))?:", re.M)


def served() -> dict[str, list[tuple[str, bool]]]:
    """Row to (test, whole) from the docstrings of this folder, of the figures, and of the desk where data are laid side by side."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for path in [*sorted(HERE.glob("test_*.py")), *(p for folder in ELSEWHERE for p in sorted((HERE.parent / folder).glob("test_*.py")))]:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for row, part in ROW.findall(ast.get_docstring(node, clean=False) or ""):
                    found.setdefault(row, []).append((f"{path.relative_to(HERE.parent.parent).as_posix()}::{node.name}", not part))
    return found


def carried() -> dict[str, list[str]]:
    """Row to the playbooks that name it."""
    from xieli.content.playbooks import sources
    from xieli.engines.playbooks import load_all

    found: dict[str, list[str]] = {}
    for code, playbook in sorted(load_all(sources()).items()):
        for row in playbook.rows:
            found.setdefault(row, []).append(code)
    return found


def row_ids() -> list[str]:
    """All 226 rows, by seed and number (S0 1–53, S1 1–36, S2 1–44, S3 1–33, S4 1–60)."""
    return [f"S{seed}-{n:02d}" for seed, last in ((0, 53), (1, 36), (2, 44), (3, 33), (4, 60)) for n in range(1, last + 1)]


def made() -> str:
    """The text of rows.csv."""
    tests, kinds = served(), carried()
    lacks = {line["row"]: line["lacks"] for line in csv.DictReader(LACKS.open(encoding="utf-8"))}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["row", "status", "what lacks", "tests"])
    for row in row_ids():
        names = sorted({name for name, _ in tests.get(row, [])})
        if any(whole for _, whole in tests.get(row, [])):
            writer.writerow([row, "tested", "", " ".join(names)])
        elif names:
            writer.writerow([row, "partly", lacks.get(row, "the rest of the acceptance check has no test of its own"), " ".join(names)])
        elif row in kinds:
            writer.writerow([row, "partly", lacks.get(row, f"carried by the playbook {', '.join(kinds[row])}; no test in tests/rows asserts this row's own state or figure"), ""])
        else:
            writer.writerow([row, "cannot", lacks.get(row, "no playbook of this room carries it, or another room's figures, desk or allocation do; no test in tests/rows asserts it"), ""])
    return out.getvalue()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")
    OUT.write_text(made(), "utf-8")
