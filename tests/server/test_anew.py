"""A demo that starts anew: the supervisor stops all, makes it anew and serves on at the same address; nothing else is ever emptied."""
from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from xieli.server import anew, serving
from xieli.server.home import Home
from xieli.server.words import Trouble, silent


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A supervisor whose processes are words in a list; `mark` is what the database says of itself."""
    done: list[str] = []
    here = SimpleNamespace(done=done, mark="demo", db=SimpleNamespace(home=Home(tmp_path), server=None), lock=io.StringIO("{}"), during=[])

    class Processes:
        stopping = False

        def __init__(self, logs: Path, say: Any) -> None:
            self.tend = lambda: None

        def add(self, child: serving.Child) -> None:
            done.append(f"start {child.name} {'with the file' if anew.VARIABLE in child.environment else ''}".strip())

        def run(self, until: Any) -> None:
            here.during.pop(0)() if here.during else None
            here.over = until()
            done.append("stop all")

    def ready(db: Any, at: Any, options: Any, watch: Any) -> list[serving.Child]:
        return [serving.Child("web", [], {anew.VARIABLE: str(watch.place)} if watch else {})]

    monkeypatch.setattr(anew, "FETCHING", -1.0)
    monkeypatch.setattr(serving, "Supervisor", Processes)
    monkeypatch.setattr(serving, "children", ready)
    monkeypatch.setattr(serving, "Attendant", lambda *a: SimpleNamespace(tend=lambda: done.append(f"tend {a[1].web}")))
    monkeypatch.setattr(serving, "free_addresses", lambda options: serving.Addresses("127.0.0.1", 1, 2))
    monkeypatch.setattr(serving.prepare, "mark_of", lambda db: here.mark)
    monkeypatch.setattr(anew, "empty", lambda db, say: done.append("empty"))
    monkeypatch.setattr(serving, "load_demo", lambda db, say: done.append("load"))
    here.serve = lambda: serving.keep_serving(here.db, serving.Options(demo=True), here.lock, silent, None, None)
    return here


def test_who_asks_gets_the_demo_anew_at_the_same_address_and_one_wish_is_one_reset(told: Any) -> None:
    told.during = [lambda: anew.ask(anew.wish(told.db.home))]
    told.serve()
    assert told.done == ["start web with the file", "stop all", "empty", "load", "start web with the file", "stop all"]
    assert not anew.wish(told.db.home).exists()
    assert told.lock.getvalue() == "", "the lock is ready for the address to be said again"


def test_a_wish_left_by_an_earlier_run_is_forgotten(told: Any) -> None:
    anew.ask(anew.wish(told.db.home))
    told.serve()
    assert told.done == ["start web with the file", "stop all"]


def test_an_installation_that_is_no_demo_is_not_watched_and_names_no_file(told: Any) -> None:
    told.mark = "production"
    told.during = [lambda: anew.ask(anew.wish(told.db.home))]
    told.serve()
    assert told.done == ["start web", "stop all"]


@pytest.mark.parametrize("mark", ["production", "scratch", None])
def test_nothing_but_a_demo_is_ever_emptied(mark: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anew.prepare, "mark_of", lambda db: mark)
    with pytest.raises(Trouble):
        anew.empty(SimpleNamespace(), silent)  # type: ignore[arg-type]


def test_nothing_of_the_old_demo_is_left_beside_its_database(tmp_path: Path) -> None:
    """A sealer that remembers the seals of the old ledger takes the new one for a rolled-back database and stops for good."""
    home = Home(tmp_path)
    (home.seals / "sealer.state").write_text("126 3640")
    (home.seals / "ALARM").write_text("rolled back")
    (home.files / "ab").write_bytes(b"of a matter that is gone")
    (tmp_path / "secrets").mkdir(exist_ok=True)
    (tmp_path / "secrets" / "cookie.key").write_text("kept")
    anew.leave_nothing(home)
    assert list(home.seals.iterdir()) == []
    assert list(home.files.iterdir()) == []
    assert (tmp_path / "secrets" / "cookie.key").read_text() == "kept"


def test_the_waiting_page_is_fetched_before_anything_stops(tmp_path: Path) -> None:
    watch = anew.Watch(Home(tmp_path))
    anew.ask(watch.place)
    assert not watch.asked(), "its style is still being fetched"
    watch.seen -= anew.FETCHING + 1
    assert watch.asked()
    watch.forget()
    assert not watch.asked()
