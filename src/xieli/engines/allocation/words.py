"""Sentences in Chinese and English, and the one error type of this engine."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Text:
    """One sentence in both languages."""

    zh: str
    en: str

    def as_json(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


class BadInput(ValueError):
    """The input breaks a rule. `rule` names the rule, `records` the records, `text` says what to do; nothing was planned."""

    def __init__(self, rule: str, records: list[str], text: Text) -> None:
        super().__init__(str(text))
        self.rule, self.records, self.text = rule, records, text

    def as_json(self) -> dict[str, Any]:
        return {"rule": self.rule, "records": self.records, "text": self.text.as_json()}


def ids(items: list[str], most: int = 5) -> str:
    """A short list of ids: the first few and how many more."""
    head = ", ".join(items[:most])
    return head if len(items) <= most else f"{head} … (+{len(items) - most})"


def reads_a_file(function: Callable[P, R]) -> Callable[P, R]:
    """A reader of outside data: a missing, unknown or misshapen field becomes BadInput instead of a stack trace."""

    @wraps(function)
    def read(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except BadInput:
            raise
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            what = f"{type(error).__name__}: {error}"
            raise BadInput("format", [what], Text(f"文件有缺项、未知字段或格式错误（{what}）。未作任何计划。",
                                                  f"A field of the file is missing, unknown or misshapen ({what}). Nothing was planned.")) from error

    return read
