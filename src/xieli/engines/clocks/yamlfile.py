"""YAML and CSV content read with line numbers, checked against a JSON Schema.

Content may come from a stranger's pack: no tags, no anchors or aliases (bombs), no duplicate keys, a size cap.
"""
from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from .errors import ContentError

MAX_BYTES = 4_000_000
MAX_DEPTH = 40
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: plain ``data`` and the line of every node by path, e.g. ``("rules", 3, "limit")``."""

    file: str
    data: Any
    lines: dict[tuple[str | int, ...], int]

    def line(self, *path: str | int) -> int:
        """The 1-based line of the deepest known node on ``path``."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def error(self, path: tuple[str | int, ...], zh: str, en: str) -> ContentError:
        """A ContentError at ``path`` of this file."""
        return ContentError(self.file, self.line(*path), zh, en)


def parse_yaml(text: str, file: str) -> Document:
    """Parse one YAML document with line numbers. Raises ContentError."""
    if len(text.encode()) > MAX_BYTES:
        raise ContentError(file, 0, "文件过大，未读取。", "The file is too large and was not read.")
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else 0
                raise ContentError(file, line, "嵌套过深。", "Nested too deeply.")
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                line = event.start_mark.line + 1 if event.start_mark else 0
                raise ContentError(file, line, "不允许锚点和别名。", "Anchors and aliases are not allowed.")
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ContentError(file, line, f"不是有效的 YAML：{error.problem}", f"Not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ContentError(file, 0, f"不是有效的 YAML：{error}", f"Not valid YAML: {error}") from None
    if node is None:
        raise ContentError(file, 1, "文件是空的。", "The file is empty.")
    lines: dict[tuple[str | int, ...], int] = {}
    data = _plain(node, (), lines, file)
    return Document(file, data, lines)


def _plain(node: Any, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], file: str) -> Any:
    line = node.start_mark.line + 1
    lines[path] = line
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, file, line)
    if node.tag not in ("tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"):
        raise ContentError(file, line, f"不允许的标记 {node.tag}。", f"The tag {node.tag} is not allowed.")
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, index), lines, file) for index, child in enumerate(node.value)]
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        key_line = key_node.start_mark.line + 1
        if key in result:
            raise ContentError(file, key_line, f"键“{key}”重复。", f"The key “{key}” appears twice.")
        result[key] = _plain(value_node, (*path, key), lines, file)
        lines[(*path, key)] = key_line
    return result


def _scalar(node: Any, file: str, line: int) -> Any:
    # Dates stay text: the schema and the reader decide, so that "2025-13-01" gets a line, not a traceback.
    tag, value = node.tag, node.value
    if tag == "tag:yaml.org,2002:null":
        return None
    if tag == "tag:yaml.org,2002:bool":
        return value.lower() in ("true", "yes", "on")
    if tag == "tag:yaml.org,2002:int":
        try:
            return int(value)
        except ValueError:
            return value
    if tag == "tag:yaml.org,2002:float":
        try:
            return float(value)
        except ValueError:
            return value
    if tag in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:timestamp"):
        return value
    raise ContentError(file, line, f"不允许的标记 {tag}。", f"The tag {tag} is not allowed.")


@lru_cache(maxsize=64)
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema))


def check(document: Document, schema: str) -> None:
    """Check ``document`` against a JSON Schema given as text. Raises ContentError with the line of the fault."""
    validator = _validator(schema)
    if validator.is_valid(document.data):
        return
    error = best_match(validator.iter_errors(document.data))
    path = tuple(error.absolute_path)
    place = ".".join(str(part) for part in path) or "文件 file"
    raise document.error(path, f"{place} 不合格式：{error.message}", f"{place} does not fit the schema: {error.message}")
