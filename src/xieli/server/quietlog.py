"""What a log line may say. The log is a file that the system administrator reads, and he sees no content: an exception's own words quote values (a name
that fitted no column, a key that stood twice), and an address names a matter that somebody looked for or, in a calendar's address, is a secret."""
from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType

SysExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and what it came from, the first cause last; each once."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _named(error: BaseException) -> str:
    """Its kind; of a database's error also the code and the table and constraint it names, which are the schema's words."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    diag = getattr(error, "diag", None)
    parts = [getattr(error, "sqlstate", None), *(getattr(diag, name, None) for name in ("table_name", "column_name", "constraint_name"))]
    return " ".join([kind, *(str(p) for p in parts if p)])


class Quiet(logging.Formatter):
    """Time, level, logger, message; of an exception its kind and the lines of the program, never its words; of a request its route, never its address."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler's formatter may have kept the words
        request = getattr(record, "request", None)
        if request is not None:
            match = getattr(request, "resolver_match", None)
            record = logging.makeLogRecord(record.__dict__ | {"msg": "%s %s %s", "args": (getattr(record, "status_code", ""), getattr(request, "method", ""), match.route if match else "?")})
        return super().format(record)

    def formatException(self, ei: SysExcInfo) -> str:
        lines = []
        for error in _causes(ei[1]):
            lines += [f'  {frame.filename}:{frame.lineno} {frame.name}' for frame in traceback.extract_tb(error.__traceback__)]
            lines.append(_named(error))
        return "\n".join(lines)
