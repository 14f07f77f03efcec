"""The first run: what stands between an empty database and a set-up installation, for the screens in faces/web/views/setup.py.

Only where no mark is yet, only on this machine's own address, only for whoever holds the one-time code that the server
printed, for one browser, and never again afterwards (docs/decisions/run-first-run.md). Answers are kept in a file of the data
folder until they are applied, so that neither a lost connection nor a restart loses what was typed; no code is kept anywhere.
"""
from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from xieli.server import init
from xieli.server.home import Home
from xieli.server.init_file import Found, examine, people_problems
from xieli.server.words import Trouble

FREE_TRIES = 5  # wrong codes without a wait; then 30 s, doubled with each, at most a quarter of an hour (ours)
FIRST_WAIT, LONGEST_WAIT = 30.0, 900.0
ZONES = ("closed", "government", "public")
LEVELS = range(5)


@dataclass(frozen=True)
class Answer:
    """What the code's holder is told: inside with a token, or refused, perhaps with a wait in seconds, or that another took it."""

    token: str = ""
    wait: float = 0.0
    taken: bool = False


class Desk:
    """The state of one first run, in `setup/` of the data folder. Two processes or two windows see the same."""

    def __init__(self, home: Home) -> None:
        self.folder = home.folder("setup", 0o700)

    # -- the supervisor's side ---------------------------------------------------------------------------------------

    def begin(self) -> str:
        """A new code for this start of the server, returned and nowhere kept; whoever was inside is outside. Answers stay."""
        code = "-".join(secrets.token_hex(2) for _ in range(5))
        with self._state() as state:
            state.update(code=_digest(code), session="", tries=0, next_try=0.0, applied=False, closed=False)
        return code

    @property
    def finished(self) -> bool:
        return bool(self.state()["closed"])

    @property
    def applied(self) -> bool:
        return bool(self.state()["applied"])

    def forget(self) -> None:
        """Set up and closed: nothing of the answers stays lying about."""
        for path in self.folder.iterdir():
            path.unlink()
        self.folder.rmdir()

    # -- the door ----------------------------------------------------------------------------------------------------

    def redeem(self, code: str) -> Answer:
        """The first right code opens for one browser and is used up. Every try is an act, a wrong one costs time."""
        with self._state() as state:
            now = time.time()
            if state["next_try"] > now:
                return Answer(wait=state["next_try"] - now)
            right = hmac.compare_digest(state["code"], _digest(code))
            if right and not state["session"]:
                token = secrets.token_urlsafe(32)
                state.update(session=_digest(token), tries=0)
                self.record("setup.opened")
                return Answer(token=token)
            state["tries"] += 1
            over = state["tries"] - FREE_TRIES
            state["next_try"] = now + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(over, 10)) if over >= 0 else 0.0
            self.record("setup.refused", tries=state["tries"])
            return Answer(taken=right)

    def inside(self, token: str) -> bool:
        kept = self.state()["session"]
        return bool(kept) and hmac.compare_digest(kept, _digest(token))

    # -- the answers -------------------------------------------------------------------------------------------------

    def keep_file(self, name: str, raw: bytes) -> Found:
        """Take the file of bodies, faults and all, and say what it holds. The one before is replaced."""
        name = Path(name.replace("\\", "/")).name[:80] or "bodies.yaml"
        found = examine(name, raw)
        with self._state() as state:
            (self.folder / "bodies").write_bytes(raw)
            state["file"] = name
            if found.data.get("own"):
                state["limits"]["own"] = str(found.data["own"])
            if not state["people"] and not people_problems(found.data.get("administrators")):
                state["people"] = {a: {k: str(p.get(k) or "") for k in ("name", "login")} for a, p in found.data["administrators"].items() if a in init.ADMINS}
            self.record("setup.file_checked", sha256=hashlib.sha256(raw).hexdigest(), bodies=len(found.data["bodies"]), problems=len(found.problems))
        return found

    def file(self) -> Found | None:
        name = self.state()["file"]
        return examine(name, (self.folder / "bodies").read_bytes()) if name else None

    def keep_people(self, people: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
        """Keep the three administrators as typed; what is wrong with them."""
        with self._state() as state:
            state["people"] = people
            self.record("setup.answered", part="people")
        return people_problems(people)

    def keep_limits(self, limits: dict[str, str]) -> list[tuple[str, str]]:
        """Keep own body, highest level, zone and calendar as chosen; what is wrong with them."""
        with self._state() as state:
            state["limits"] = limits
            self.record("setup.answered", part="limits")
        return limits_problems(limits, self.file())

    def apply(self) -> None:
        """Set up with the kept answers, once. Raises Trouble: something is missing, or somebody was faster."""
        with self._state() as state:
            found = self.file()
            missing = bool(found is None or found.problems or people_problems(state["people"]) or limits_problems(state["limits"], found))
            if missing or found is None:
                raise Trouble("还有没填好的部分，没有写入任何内容。", "Something is still missing or wrong; nothing was written.", init.CONFLICT)
            limits = state["limits"]
            data = {"bodies": found.data["bodies"], "own": limits["own"], "administrators": state["people"]}
            with self.connection() as connection:
                init.set_up(connection, data, level_cap=int(limits["level_cap"]), zone=limits["zone"], calendar=limits["calendar"])
            state["applied"] = True

    def new_code(self, login: str) -> init.Code:
        """One administrator's code, for the one who sits here now; shown in this answer only. Raises Trouble."""
        with self.connection() as connection:
            return init.new_code(connection, login)

    def close(self) -> None:
        """For good: the server goes on to the installation itself. Raises Trouble when nothing was set up."""
        with self._state() as state:
            if not state["applied"]:
                raise Trouble("还没有设立。", "Nothing has been set up yet.", init.CONFLICT)
            self.record("setup.closed")
            state["closed"] = True

    # -- below -------------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        except FileNotFoundError:
            found = {}
        return {"code": _digest(""), "session": "", "tries": 0, "next_try": 0.0, "applied": False, "closed": False, "file": "", "people": {}, "limits": {}} | found

    @contextmanager
    def _state(self) -> Iterator[dict[str, Any]]:
        """The state alone for oneself; written back whole, or not at all when the block fails."""
        with (self.folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = self.state()
            yield state
            draft = self.folder / "state.new"
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(state, file, ensure_ascii=False)
            draft.replace(self.folder / "state.json")

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """The installer's own connection, as `xieli init` has it."""
        with psycopg.connect(os.environ["XIELI_DB_SETUP"], autocommit=True) as connection:
            yield connection

    def record(self, verb: str, **fields: object) -> None:
        """Every act here is an event of the ledger, before anyone has an account; if it cannot be written the act fails."""
        with self.connection() as connection:
            connection.execute("select audit.record(%s, %s)", [verb, Jsonb(fields)])

    def was_set_up(self) -> bool:
        with self.connection() as connection:
            return init.was_set_up(connection)


def limits_problems(limits: dict[str, str], found: Found | None) -> list[tuple[str, str]]:
    """What is wrong with own body, level, zone and calendar. Pairs zh, en."""
    wrong = []
    if found is not None and limits.get("own") not in {b.get("code") for b in found.data["bodies"] if isinstance(b, dict)}:
        wrong.append(("请从文件里的机构中选出本机构。", "Choose your own body among those of the file."))
    if limits.get("level_cap") not in {str(n) for n in LEVELS}:
        wrong.append(("请选获准处理的最高密级。", "Choose the highest level that is approved."))
    if limits.get("zone") not in ZONES:
        wrong.append(("请选所在区域。", "Choose the zone."))
    if limits.get("calendar") not in init.CALENDARS:
        wrong.append(("请选工作日历。", "Choose the calendar."))
    return wrong


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.replace("-", "").strip().lower().encode() if len(secret) < 40 else secret.encode()).hexdigest()
