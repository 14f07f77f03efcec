"""Every sentence a person can read on a screen, found in the sources: templates, Python calls of gettext, choices of the tables.

`{% trans %}` and `{% blocktrans %}` in templates; `_()`, `gettext()`, `gettext_lazy()` with a literal in the web package;
labels of model choices (shown through the filter `tr`); the word tables beside the tags.
"""
from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3] / "src" / "xieli"
CJK = re.compile(r"[\u3400-\u9fff]")
TRANS = re.compile(r"""\{%\s*trans(?:late)?\s+(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
BLOCK = re.compile(r"\{%\s*blocktrans(?:late)?\b[^%]*%\}(.*?)\{%\s*endblocktrans(?:late)?\s*%\}", re.S)
PLURAL = re.compile(r"\{%\s*plural\s*%\}")
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}
SCREENS = ("faces/web",)
CHOICES = ("office",)
# tables of words whose values are looked up with gettext at run time
WORD_TABLES = {"PLACES", "HOW", "RESULTS", "KEYS", "GROUNDS", "WEEKDAYS"}


def templates() -> list[Path]:
    return sorted((ROOT / "faces").rglob("*.html"))


def of_template(text: str) -> Iterator[str]:
    for a, b in TRANS.findall(text):
        yield (a or b).replace("%", "%%")  # Django looks a template's words up with doubled signs
    for body in BLOCK.findall(text):
        for part in PLURAL.split(body):
            yield VARIABLE.sub(r"%(\1)s", part)


def of_python(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in CALLS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id in WORD_TABLES for t in node.targets):
            for leaf in ast.walk(node.value):
                if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and CJK.search(leaf.value):
                    yield leaf.value


def of_choices(path: Path) -> Iterator[str]:
    """Chinese labels of TextChoices and of `choices=[(code, label)]`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(getattr(b, "attr", "").endswith("Choices") for b in node.bases):
            for statement in node.body:
                if isinstance(statement, ast.Assign):
                    yield from _labels(statement.value)
        if isinstance(node, ast.keyword) and node.arg == "choices":
            yield from _labels(node.value)
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "KINDS" for t in node.targets):
            yield from _labels(node.value)


def _labels(node: ast.AST) -> Iterator[str]:
    for leaf in ast.walk(node):
        if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and CJK.search(leaf.value):
            yield leaf.value


def tables() -> list[Path]:
    return sorted([*(ROOT / "office").glob("*/models.py"), *(ROOT / "office").glob("*/tables/*.py")])


def everything() -> dict[str, str]:
    """Sentence → the file it stands in."""
    found: dict[str, str] = {}
    for path in templates():
        for text in of_template(path.read_text(encoding="utf-8")):
            found.setdefault(text, path.name)
    for path in sorted((ROOT / "faces" / "web").rglob("*.py")):
        for text in of_python(path):
            found.setdefault(text, str(path.relative_to(ROOT)))
    for path in tables():
        for text in of_choices(path):
            found.setdefault(text, str(path.relative_to(ROOT)))
    return {k: v for k, v in found.items() if CJK.search(k)}


LANGUAGE_BRANCH = re.compile(r"""\{%\s*if\s+(?:LANG|lang|LANGUAGE_CODE)\s*==\s*["']en["']\s*%\}.*?\{%\s*endif\s*%\}""", re.S)
BOTH = {"notfound.html", "fault.html"}  # no language is known there: both stand on the page


def bare(path: Path) -> list[str]:
    """Chinese in a template outside any translation: an English reader would see it."""
    if path.name in BOTH:
        return []
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"))
    text = re.sub(r"\{%\s*comment\b.*?endcomment\s*%\}", "", text, flags=re.S)
    text = LANGUAGE_BRANCH.sub("", text)
    text = BLOCK.sub("", text)
    text = re.sub(r"\{%.*?%\}", "", text)
    return [line.strip()[:80] for line in text.splitlines() if CJK.search(line)]


PAIRS = {"Refused", "Label", "Refusal", "_pair", "pair"}  # calls that take the Chinese and the English side by side


def bare_python(path: Path) -> list[str]:
    """Chinese in a view that no reader of English can escape: not marked, no English beside it, not chosen by the language.

    Counted as told in both: an argument of gettext; a call, tuple, list or dictionary value with an English text beside it;
    one side of `a if english() else b`; a table that is looked up with gettext; a pattern or a mapping of characters.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = []
    for leaf in ast.walk(tree):
        if not (isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and CJK.search(leaf.value)):
            continue
        node, told = leaf, False
        while node in parents and not told:
            node = parents[node]
            if isinstance(node, ast.Expr) or (isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in CALLS | PAIRS | {"compile", "search", "sub", "maketrans", "startswith", "translate"}):
                told = True
            elif isinstance(node, ast.Call | ast.Tuple | ast.List):
                parts = [*node.args, *(k.value for k in node.keywords)] if isinstance(node, ast.Call) else node.elts
                told = any(_english(p) for p in parts)
            elif isinstance(node, ast.IfExp):
                told = "english" in ast.dump(node.test) or "lang" in ast.dump(node.test).lower() or _english(node.body) or _english(node.orelse)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                told = any(isinstance(t, ast.Name) and t.id in WORD_TABLES | {"BRACKETS", "LEVELS"} for t in targets)
            elif isinstance(node, ast.Compare):
                told = True
        if not told:
            found.append(f"{path.relative_to(ROOT)}:{leaf.lineno}: {leaf.value[:60]}")
    return found


def _english(node: ast.AST) -> bool:
    texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return any(re.search(r"[A-Za-z]{2}", t) and not CJK.search(t) for t in texts)


def views() -> list[Path]:
    return sorted((ROOT / "faces" / "web").rglob("*.py"))
