"""Every screen that the product's own links lead to: who reaches it, where, and what kind of thing stands on it.

`walk(...)` follows each internal address in the answers of some thirty persons, starting at the workbench, and keeps for each
`Key` (route, and what it is about: kind of matter, step, playbook, report, model …) the fullest page that somebody was given.
An address is asked of at most `ASKED` people and examples, so that a world of ten thousand links takes minutes, not hours.
"""
from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from django.urls import Resolver404, resolve

from tests.faces.web.test_routes import ROLES

#: one of every office that has an account, those of the played night, and heads and handlers of several bodies
PEOPLE = (*ROLES, "yj-deputy", "yj-handler", "ins-head", "icb-officer", "hb-zhang", "datan-lead", "wuchuan-handler2", "changle-clerk", "yj-adj2")
#: these see most and are asked first, so that their pages stand for a screen
FIRST = ("yj-head", "yj-duty", "wuchuan-handler1")
#: examples fetched of one key; of pages alike for all kinds; of lists, on which each person finds his own; of a key that another world has shown
ASKED, ASKED_ALIKE, ASKED_LISTS, PASSED = 6, 20, 60, 2
LISTS = {"workbench", "matters", "sent"}
#: what a matter's page offers hangs on who reads it and where the matter stands: as many examples as of what is alike
MANY_SIDED = {"matter"}
#: what makes a page full: lines, links, figures that are not nought
FULL = re.compile(rb"<tr|<li|<a |>\s*[1-9]")
#: what changes something by being looked at, or leaves the product
NEVER = ("/static/", "/leave", "/enter", "/language", "/theme", "/tour", "/api/", "/accounts/")
#: routes whose address names a thing out of very many of one kind: one of them stands for all
ONE_OF_MANY = {"body", "drill", "release_drill", "desk_dataset"}
#: pages of a matter that are the same whatever its kind: the fullest two stand for all
ALIKE = {"access", "files", "handover_new", "tree", "clock", "reporter_of", "presence", "press", "chain", "staffing", "round", "pack", "room", "documents", "diagram"}


class Key(NamedTuple):
    """A screen: its route, and what it is about (empty where a route is one screen)."""

    name: str
    about: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.about}" if self.about else self.name


@dataclass
class Place:
    """Where a screen was seen, and by whom."""

    key: Key
    person: str
    address: str
    size: int
    nth: str = ""


class _Links(HTMLParser):
    """Addresses of links and fragments, and what a search form asks with its first choices."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._form: tuple[str, dict[str, str]] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attrs}
        for name in ("href", "hx-get"):
            if given.get(name) and tag != "link" and tag != "form":
                self.found.append(given[name])
        if tag == "form" and given.get("method", "get").lower() == "get":
            self._form = (given.get("action", ""), {})
        elif self._form and tag == "input" and given.get("name") and given.get("type") not in ("checkbox", "radio", "submit"):
            self._form[1][given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and self._form and self._select and given.get("value") and (not self._form[1].get(self._select) or "selected" in given):
            self._form[1][self._select] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form:
            action, fields = self._form
            self.found.append(f"{action}?{urlencode(fields)}")
            self._form = None
        elif tag == "select":
            self._select = ""


def links(address: str, content: bytes) -> list[str]:
    """Internal addresses on a page, whole and without fragments, in the order in which they stand."""
    parser = _Links()
    parser.feed(content.decode("utf-8", "replace"))
    out = []
    for raw in parser.found:
        to = urlsplit(urljoin(address, raw))
        if not to.scheme and not to.netloc and to.path.startswith("/") and not to.path.startswith(NEVER):
            out.append(to.path + (f"?{to.query}" if to.query else ""))
    return list(dict.fromkeys(out))


class Namer:
    """Says of an address which screen it is; asks the installer's connection what a reference names."""

    def __init__(self, admin: Any) -> None:
        self.admin = admin
        self.kinds: dict[str, str] = {}
        self.tables = {r[0]: set(r[1]) for r in admin.execute(
            "select c.relname, array_agg(a.attname::text) from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
            " where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace group by 1")}

    def what(self, ref: str) -> str:
        """The kind of matter that a reference names, else the act or state of the thing; empty for what is no row of these."""
        if ref not in self.kinds:
            from xieli.office.ids import from_ref

            self.kinds[ref] = ""
            for table, column in (("matter", "kind"), ("approval", "act"), ("handover", "state"), ("plan_run", "kind"), ("match_hit", "state")):
                if column in self.tables.get(table, ()):
                    row = self.admin.execute(f"select {column} from {table} where id = %s", [from_ref(ref)]).fetchone()
                    if row:
                        self.kinds[ref] = str(row[0])
                        break
        return self.kinds[ref]

    def key(self, address: str) -> Key | None:
        """The screen of an address; None where no route answers it."""
        try:
            found = resolve(urlsplit(address).path)
        except Resolver404:
            return None
        name = found.view_name
        if name in ONE_OF_MANY or name in ALIKE:
            return Key(name)
        about = []
        for part, value in found.kwargs.items():
            if part == "ref" and len(str(value)) == 13:
                about.append(self.what(str(value)))
            elif part in ("code", "act", "part", "kind", "register"):
                about.append(str(value))
        return Key(name, ".".join(filter(None, about)))


@dataclass
class Atlas:
    """What a walk found."""

    places: dict[Key, list[Place]]
    other: dict[Key, str]  # reached, but no page: a file, a fragment, a way elsewhere
    wrong: list[str]  # an answer that no page of ours may link to
    fetched: int = 0

    def screens(self, known: Set[Key] = frozenset()) -> list[Place]:
        """The fullest place of each screen that is not yet known; of pages that are alike for every kind of matter the fullest two."""
        out: list[Place] = []
        for key in sorted(self.places.keys() - known):
            best = {place.address: place for place in sorted(self.places[key], key=lambda p: (p.size, p.address))}
            chosen = list(best.values())[-(2 if key.name in ALIKE else 1):]
            for n, place in enumerate(chosen[:-1], 2):
                place.nth = f"-{n}"
            out += chosen
        return out


def walk(clients: dict[str, Any], admin: Any, known: Set[Key] = frozenset()) -> Atlas:
    """Follow every link of every person's pages from the workbench on; breadth first, all persons in turn, so that one does not use up what another shows.

    Screens that are `known` from another world are only passed through: two examples of each, for the links on them.
    """
    namer, atlas = Namer(admin), Atlas({}, {}, [])
    waiting = {person: ["/"] for person in clients}
    seen = {person: {"/"} for person in clients}
    tried: dict[tuple[Key, tuple[str, ...]], int] = defaultdict(int)
    for person in _turns(waiting):
        address = waiting[person].pop(0)
        key = namer.key(address)
        if key is None:
            atlas.wrong.append(f"{address}: no route ({person})")
            continue
        # a page asked with other questions is the same screen, but may lead elsewhere
        way = (key, tuple(sorted(k for k, v in parse_qsl(urlsplit(address).query) if v)))
        if tried[way] >= (ASKED_LISTS if key.name in LISTS else PASSED if key in known else ASKED_ALIKE if key.name in ALIKE | MANY_SIDED else ASKED):
            continue
        tried[way] += 1
        answer = clients[person].get(address)
        atlas.fetched += 1
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code in (301, 302):
            atlas.other.setdefault(key, f"leads to {answer.headers['Location']}")
            found = links(address, f'<a href="{answer.headers["Location"]}">'.encode())
        elif answer.status_code != 200:
            atlas.wrong.append(f"{address}: {answer.status_code} to {person}")
            continue
        elif kind.startswith("text/html") and b"<main" in answer.content:
            atlas.places.setdefault(key, []).append(Place(key, person, address, len(FULL.findall(answer.content.partition(b"<main")[2]))))
            found = links(address, answer.content)
        else:
            atlas.other.setdefault(key, "a part of a page" if kind.startswith("text/html") else kind)
            found = links(address, answer.content) if kind.startswith("text/html") else []
        for to in found:
            if to not in seen[person]:
                seen[person].add(to)
                waiting[person].append(to)
    return atlas


def _turns(waiting: dict[str, list[str]]) -> Iterator[str]:
    """Whose turn it is: first those who lead, until nothing waits for them, then everybody in turn."""
    for group in ([person for person in FIRST if person in waiting], list(waiting)):
        while any(waiting[person] for person in group):
            yield from (person for person in group if waiting[person])
