"""Message catalogues compiled in pure Python: `django.po` (what translators edit) to `django.mo` (what Django reads).

Django calls GNU `msgfmt`, a program a fresh machine does not have. The binary form is the one of the GNU gettext manual,
"The Format of GNU MO Files": sorted originals, then translations, no hash table.
"""
from __future__ import annotations

import ast
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CONTEXT = "\x04"
PLURAL = "\x00"


class CatalogueError(ValueError):
    """A line of a catalogue that cannot be read; names file and line."""


@dataclass
class Entry:
    """One message: original, optional plural and context, translations by plural number."""

    context: str | None = None
    original: str = ""
    plural: str | None = None
    translations: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False
    line: int = 0

    @property
    def key(self) -> str:
        text = self.original if self.plural is None else self.original + PLURAL + self.plural
        return text if self.context is None else self.context + CONTEXT + text

    @property
    def value(self) -> str:
        return PLURAL.join(self.translations[n] for n in sorted(self.translations))

    @property
    def translated(self) -> bool:
        return bool(self.translations) and all(self.translations.values()) and not self.fuzzy


def parse(path: Path) -> list[Entry]:
    """The entries of a .po file. Errors: `CatalogueError` with file and line."""
    entries: list[Entry] = []
    entry = Entry()
    started = False
    current: tuple[str, int] | None = None

    def add(text: str) -> None:
        assert current is not None
        name, number = current
        if name == "msgstr":
            entry.translations[number] = entry.translations.get(number, "") + text
        elif name == "msgid":
            entry.original += text
        elif name == "msgctxt":
            entry.context = (entry.context or "") + text
        else:
            entry.plural = (entry.plural or "") + text

    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if line.startswith("#"):
            if started and entry.translations:
                entries.append(entry)
                entry, started, current = Entry(), False, None
            if line.startswith("#,") and "fuzzy" in line:
                entry.fuzzy = True
            continue
        if not line:
            continue
        keyword, _, rest = line.partition(" ")
        if line.startswith('"'):
            if current is None:
                raise CatalogueError(f"{path}:{number}: text before any msgid")
            add(unquote(line, path, number))
            continue
        index = 0
        if keyword.startswith("msgstr["):
            index, keyword = int(keyword[7:-1]), "msgstr"
        if keyword not in ("msgctxt", "msgid", "msgid_plural", "msgstr"):
            raise CatalogueError(f"{path}:{number}: unknown keyword {keyword!r}")
        if keyword in ("msgctxt", "msgid") and entry.translations:
            entries.append(entry)
            entry = Entry()
        if not started or not entry.line:
            entry.line, started = number, True
        current = (keyword, index)
        add(unquote(rest, path, number))
    if entry.translations:
        entries.append(entry)
    check(entries, path)
    return entries


def unquote(text: str, path: Path, line: int) -> str:
    """One quoted piece; the escapes of a .po file are a subset of Python's."""
    text = text.strip()
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        raise CatalogueError(f"{path}:{line}: a quoted text is expected")
    try:
        return str(ast.literal_eval(text))
    except (SyntaxError, ValueError) as error:
        raise CatalogueError(f"{path}:{line}: {error}") from error


def check(entries: list[Entry], path: Path) -> None:
    """Refuse a message that occurs twice: the second translation would silently win."""
    seen: dict[str, int] = {}
    for entry in entries:
        if entry.key in seen:
            raise CatalogueError(f"{path}:{entry.line}: the message {entry.original!r} stands already in line {seen[entry.key]}")
        seen[entry.key] = entry.line


def binary(entries: list[Entry]) -> bytes:
    """The .mo bytes: translated entries only, sorted by their UTF-8 original."""
    pairs = sorted((e.key.encode(), e.value.encode()) for e in entries if e.translated)
    count = len(pairs)
    offset = 28 + 16 * count
    tables: list[bytes] = []
    blob = b""
    for column in (0, 1):
        for pair in pairs:
            tables.append(struct.pack("<II", len(pair[column]), offset + len(blob)))
            blob += pair[column] + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, offset) + b"".join(tables) + blob


def sources(package: Path) -> Iterator[Path]:
    yield from sorted(package.glob("**/LC_MESSAGES/*.po"))


def merged(source: Path) -> list[Entry]:
    """A catalogue with its `parts/*.po`, one per room. Where two rooms translate one message differently, the first in
    the order catalogue, parts by name holds: a start never fails for a word; the tests do (`disagreements`)."""
    entries = parse(source)
    seen = {e.key for e in entries}
    for part in parts(source):
        for entry in parse(part):
            if entry.key not in seen:
                seen.add(entry.key)
                entries.append(entry)
    return entries


def parts(source: Path) -> list[Path]:
    """The rooms' parts of a catalogue, by name."""
    return sorted((source.parent / "parts").glob("*.po"))


def disagreements(source: Path) -> list[str]:
    """Messages that two files translate differently: `part:line: message`."""
    seen: dict[str, str] = {}
    found = []
    for path in (source, *parts(source)):
        for entry in parse(path):
            if seen.setdefault(entry.key, entry.value) != entry.value and entry.key:
                found.append(f"{path.name}:{entry.line}: {entry.original}")
    return found


def compile_all(package: Path) -> int:
    """Compile every catalogue whose .mo is missing or differs. Returns how many were written."""
    written = 0
    for source in sources(package):
        target = source.with_suffix(".mo")
        made = binary(merged(source))
        if not target.is_file() or target.read_bytes() != made:
            draft = target.with_suffix(".mo.draft")
            draft.write_bytes(made)
            draft.replace(target)
            written += 1
    return written
