"""Read a small, safe part of YAML and remember the line of everything.

Allowed: mappings with plain text keys, lists, text, whole numbers, true, false, null. Refused at once, before any
memory is spent: anchors and aliases (the "bomb"), tags, several documents, fractions, keys given twice, files over
512 KiB, more than 20,000 nodes, more than 16 levels. `yes`, `no`, `on`, `off` and dates stay text, so that nothing
changes its type by accident (YAML 1.1 would turn the outcome "no" into false).
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from .errors import Path, PlaybookError, Problem

MAX_BYTES = 512 * 1024
MAX_NODES = 20_000
MAX_DEPTH = 16
MAX_TEXT = 4_000

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})\Z")
_FRACTION = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\Z|[-+]?[0-9]+[eE][-+]?[0-9]+\Z|[-+]?\.(inf|nan)\Z", re.I)
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True)
class Document:
    """Plain data (dict, list, str, int, bool, None) and the line (from 1) on which each path begins."""

    name: str
    value: Any
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of this path, or of the nearest thing that holds it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


@dataclass
class _Open:
    value: Any
    path: Path
    key: str | None = None
    keys: set[str] = field(default_factory=set)


def read(data: bytes, name: str) -> Document:
    """Turn the bytes of one file into a Document; raises PlaybookError with file and line."""

    def refuse(line: int, code: str, zh: str, en: str) -> PlaybookError:
        return PlaybookError([Problem(name, line, code, zh, en)])

    if len(data) > MAX_BYTES:
        raise refuse(0, "too_large", f"文件超过 {MAX_BYTES // 1024} KiB，未读取。请拆分流程。",
                     f"The file is larger than {MAX_BYTES // 1024} KiB and was not read. Split the playbook.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise refuse(line, "not_utf8", "文件不是 UTF-8 编码，请另存为 UTF-8。", "The file is not UTF-8; save it as UTF-8.") from error

    lines: dict[Path, int] = {}
    stack: list[_Open] = []
    top: list[Any] = []
    nodes = 0

    def place(value: Any, line: int) -> Path:
        """Put a finished or just opened value where it belongs and return its path."""
        if not stack:
            top.append(value)
            lines[()] = line
            return ()
        holder = stack[-1]
        if isinstance(holder.value, list):
            path = (*holder.path, len(holder.value))
            holder.value.append(value)
        else:
            assert holder.key is not None
            path = (*holder.path, holder.key)
            holder.value[holder.key] = value
            holder.key = None
            # a mapping entry begins on the line of its key, which was noted when the key was read
            return path
        lines[path] = line
        return path

    try:
        for event in _events(text):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise refuse(line, "alias", "不允许使用锚点和引用（& 与 *），请把内容写全。",
                             "Anchors and aliases (& and *) are not allowed; write the content out.")
            if isinstance(event, yaml.DocumentStartEvent) and top:
                raise refuse(line, "many_documents", "一个文件只能有一个流程。", "One file holds one playbook.")
            if isinstance(event, yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent):
                nodes += 1
                if nodes > MAX_NODES:
                    raise refuse(line, "too_many_nodes", f"内容超过 {MAX_NODES} 个节点，已停止读取。",
                                 f"More than {MAX_NODES} nodes; reading stopped here.")
                if event.tag is not None and not (isinstance(event, yaml.ScalarEvent) and event.tag == "!"):
                    raise refuse(line, "tag", f"不允许使用标签 {event.tag}。", f"The tag {event.tag} is not allowed.")
                in_mapping = bool(stack) and isinstance(stack[-1].value, dict)
                if in_mapping and stack[-1].key is None:
                    stack[-1].key = _key(event, stack[-1], refuse, line)
                    lines[(*stack[-1].path, stack[-1].key)] = line
                    continue
            if isinstance(event, yaml.ScalarEvent):
                place(_scalar(event, refuse, line), line)
            elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                if len(stack) >= MAX_DEPTH:
                    raise refuse(line, "too_deep", f"嵌套超过 {MAX_DEPTH} 层。", f"Nested more than {MAX_DEPTH} levels deep.")
                value: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
                stack.append(_Open(value, place(value, line)))
            elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                stack.pop()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        detail = getattr(error, "problem", None) or "not readable"
        line = mark.line + 1 if mark else text.count("\n", 0, getattr(error, "position", 0) or 0) + 1
        raise refuse(line, "not_yaml", f"不是有效的 YAML：{detail}。", f"Not valid YAML: {detail}.") from error
    if not top or not isinstance(top[0], dict):
        raise refuse(1, "not_a_mapping", "文件开头应是“键: 值”。", "The file must begin with `key: value` lines.")
    return Document(name, top[0], lines)


def _events(text: str) -> Iterator[Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    yield from yaml.parse(text, Loader=loader)


def _key(event: Any, holder: _Open, refuse: Any, line: int) -> str:
    if not isinstance(event, yaml.ScalarEvent):
        raise refuse(line, "key_not_text", "键必须是文字。", "A key must be text.")
    key = str(event.value)
    if len(key) > 200:
        raise refuse(line, "key_too_long", "键过长。", "The key is too long.")
    if key in holder.keys:
        raise refuse(line, "key_twice", f"键“{key}”出现了两次。", f"The key “{key}” is given twice.")
    holder.keys.add(key)
    return key


def _scalar(event: Any, refuse: Any, line: int) -> Any:
    text = str(event.value)
    if len(text) > MAX_TEXT:
        raise refuse(line, "text_too_long", f"文字超过 {MAX_TEXT} 字。", f"Text longer than {MAX_TEXT} characters.")
    if event.style:  # quoted or block text stays text
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _FRACTION.match(text):
        raise refuse(line, "fraction", f"不允许小数 {text[:30]}；请用整数（如百分数、分）或加引号写成文字。",
                     f"Fractions ({text[:30]}) are not allowed; use whole numbers (per cent, cents) or quote it as text.")
    return text
