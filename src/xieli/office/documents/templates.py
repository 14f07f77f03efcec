"""Letters as data: what each is called, what of the matter it speaks about, what is asked of the writer."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from xieli.engines.playbooks.model import Label

FILE = Path(__file__).resolve().parents[2] / "content" / "documents" / "letters.yaml"


@dataclass(frozen=True)
class Asked:
    """A field the writer fills in."""

    code: str
    label: Label
    long: bool = False


@dataclass(frozen=True)
class Template:
    """One letter. `record`: handover, competence, duty or measure, empty for none; `table`: gates for the passport."""

    code: str
    label: Label
    form: str
    title: str
    paras: tuple[Mapping[str, str], ...]
    record: str = ""
    series: bool = False
    to: str = ""
    ask: tuple[Asked, ...] = ()
    table: str = ""
    head: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()


@cache
def templates() -> Mapping[str, Template]:
    """All letters, by code, in the order of the file. Raises KeyError or ValueError for a file that does not say what it must."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {code: _template(code, row) for code, row in content["letters"].items()}


def _template(code: str, row: Mapping[str, Any]) -> Template:
    if row["form"] not in ("red", "plain") or row.get("record", "") not in ("", "handover", "competence", "duty", "measure"):
        raise ValueError(f"{code}: form or record is unknown 形式或记录种类不认识")
    ask = tuple(Asked(k, Label(v["zh"], v["en"]), bool(v.get("long"))) for k, v in row.get("ask", {}).items())
    return Template(code, Label(row["zh"], row["en"]), row["form"], row["title"], tuple(row["paras"]), row.get("record", ""), bool(row.get("series")), row.get("to", ""),
                    ask, row.get("table", ""), tuple(row.get("head", ())), tuple(row.get("widths", ())))
