"""How a command fails: one sentence in the reader's language, one JSON document under --json, and a code that says what kind.

Every command runs inside `answered`; a command raises (Trouble, Usage, Said) and need not know which form was asked for.
"""
from __future__ import annotations

import errno
import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import click

from xieli.server.words import Trouble, chinese, pick, to_terminal


class Said(click.ClickException):
    """A failure in both languages. `exit_code`: 1 failure, 2 a file or an argument that cannot be used, 3 denied, 4 conflict."""

    def __init__(self, zh: str, en: str, exit_code: int = 2, lang: str | None = None) -> None:
        self.zh, self.en = zh, en
        super().__init__(zh if (lang or ("zh" if chinese() else "en")) == "zh" else en)
        self.exit_code = exit_code


class Usage(click.UsageError):
    """A command line that makes no sense, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(pick(zh, en))


def both(error: click.ClickException) -> tuple[str, str]:
    """The two sentences of an error, also of those that click finds by itself."""
    if isinstance(error, Said | Usage):
        return error.zh, error.en
    en = error.format_message()
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}。", en
    if isinstance(error, click.MissingParameter):
        return f"缺少参数：{_name(error)}。", en
    if isinstance(error, click.BadParameter):
        return (error.message if _bilingual(error.message) else f"参数 {_name(error)} 的值不能用：{error.message}"), en
    if _bilingual(en):
        return en, en
    if isinstance(error, click.UsageError) and (unknown := re.match(r"No such command ['\"](.+?)['\"]", en)):
        return f"没有命令 {unknown[1]}。", en
    if isinstance(error, click.UsageError):
        return f"命令行有误：{en}", en
    return f"未完成：{en}", en


def _name(error: click.BadParameter) -> str:
    hint = error.param_hint or (error.param.get_error_hint(error.ctx) if error.param is not None and error.ctx is not None else "")  # type: ignore[arg-type]
    return hint if isinstance(hint, str) else " / ".join(hint)


def _bilingual(text: str) -> bool:
    """Whether a message of ours carries Chinese already (“中文 / English” in one line)."""
    return any("一" <= character <= "鿿" for character in text)


def leave(zh: str, en: str, code: int, as_json: bool, kind: str, line: str | None = None) -> NoReturn:
    """Say it on standard error (`line`, where the command has a language of its own), as JSON on standard output too when asked, and end with the code."""
    if as_json:
        click.echo(json.dumps({"error": {"code": kind, "zh": zh, "en": en}}, ensure_ascii=False))
    to_terminal(line or pick(zh, en))
    sys.exit(code)


@contextmanager
def answered(arguments: Sequence[str]) -> Iterator[None]:
    """Whatever a command raises becomes its sentence, its JSON and its exit code."""
    as_json = "--json" in arguments
    try:
        yield
    except click.exceptions.Abort:
        leave("已中止，没有做完。", "Aborted before it was done.", 1, as_json, "aborted")
    except click.ClickException as error:
        zh, en = both(error)
        if as_json:
            leave(zh, en, error.exit_code, True, "usage" if isinstance(error, click.UsageError) else "refused")
        error.message = en if not chinese() and not isinstance(error, Said) else error.message if isinstance(error, Said) else zh
        if isinstance(error, click.BadParameter | click.NoSuchOption):  # their own wording is English and adds to the message
            plain = click.UsageError(error.message, error.ctx)
            plain.show()
        else:
            error.show()
        sys.exit(error.exit_code)
    except Trouble as trouble:
        leave(trouble.zh, trouble.en, trouble.exit_code, as_json, "trouble")
    except Exception as error:
        _database_said(error, as_json)
        raise


def _database_said(error: Exception, as_json: bool) -> None:
    """A failure of the database or the system in words; returns where it is neither, a fault of ours that shows its trace."""
    import psycopg

    # what Django passes on carries the driver's own error as its cause
    reason = error if isinstance(error, psycopg.Error | OSError) else error.__cause__
    if isinstance(reason, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedFunction | psycopg.errors.InvalidSchemaName):
        leave("这个数据库还没有设立：演示请用 make run（或 xieli serve --demo），正式安装请用 xieli serve 或 xieli init；已在使用的请先 xieli upgrade。",
              "This database has not been set up: make run (or xieli serve --demo) for the demo, xieli serve or xieli init for a real installation; one in use needs xieli upgrade first.", 1, as_json, "not_set_up")
    if isinstance(reason, psycopg.errors.InsufficientPrivilege):
        leave(f"没有权限：{reason}", f"Not permitted: {reason}", 3, as_json, "denied")
    if isinstance(reason, psycopg.Error):
        leave(f"数据库没有完成这一步，未提交的都已撤回：{reason}", f"The database did not complete this; what was not committed is undone: {reason}", 1, as_json, "database")
    if isinstance(reason, OSError):
        if reason.errno == errno.EPIPE:  # the reader of a pipe went away
            sys.exit(1)
        leave(f"文件或网络出错：{reason}", f"A file or the network failed: {reason}", 1, as_json, "system")
