"""Chinese sentences carry Chinese marks: ，；：（） and not the half-width ones, in what the programs say and in the Chinese pages."""
from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HAN, VALUE = "一-鿿", "\ufffc"  # a value that is filled in stands as one character
HALF = re.compile(rf"[{HAN}”’」》）][,;:!?](?=\s?[{HAN}“‘「《（{VALUE}]|$)|[{HAN}]\((?=[{HAN}{VALUE}])|[{HAN}]\)(?=[{HAN}])")
# what is no sentence: an address, the head of a CSV file, a line of YAML
NO_SENTENCE = ("postgresql://用户:密码@", "代码,类别,级别,名称", "“键: 值”")
PAGES = sorted([*ROOT.glob("docs/*.zh.md"), *ROOT.glob("docs/manual/**/*.zh.md"), ROOT / "README.zh.md"])


def said(file: Path) -> Iterator[tuple[int, str]]:
    """Every text of a module but its docstrings, with its line."""
    tree = ast.parse(file.read_text("utf-8"))
    skip = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
    for n in ast.walk(tree):
        if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and n.body and isinstance(n.body[0], ast.Expr):
            skip.add(id(n.body[0].value))
    for n in ast.walk(tree):
        if isinstance(n, ast.JoinedStr):
            yield n.lineno, "".join(str(v.value) if isinstance(v, ast.Constant) else VALUE for v in n.values)
        elif isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in skip:
            yield n.lineno, n.value


def faulty(text: str) -> bool:
    pattern = any(mark in text for mark in ("\\d", "\\u", "(?"))
    return bool(HALF.search(text)) and bool(re.search(f"[{HAN}]", text)) and not pattern and not any(known in text for known in NO_SENTENCE)


def test_no_message_has_half_width_marks_between_chinese_words() -> None:
    files = [p for p in [*ROOT.glob("src/**/*.py"), *ROOT.glob("scripts/*.py")] if "migrations" not in p.parts]
    assert len(files) > 300
    found = [f"{file.relative_to(ROOT)}:{line}: {text[:80]!r}" for file in files for line, text in said(file) if faulty(text)]
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_no_chinese_page_has_them_outside_code(page: Path) -> None:
    fenced, found = False, []
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        fenced ^= line.startswith("```")
        words = re.sub(r"`[^`]*`|\]\([^)]*\)|https?://\S+", "x", line)
        if not fenced and not line.startswith("    ") and HALF.search(words):
            found.append(f"{number}: {line[:80]}")
    assert found == []


@pytest.mark.parametrize(("text", "wrong"), [("缺少软件包,请安装", True), ("原因:没有网络", True), ("依赖(约需几分钟)", True), (f"未完成:{VALUE}", True), ("时间 10:30，地点（会议室）", False), ("a,b 和 c", False)])
def test_the_rule_itself(text: str, wrong: bool) -> None:
    assert faulty(text) is wrong
