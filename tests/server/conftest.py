"""New installations for tests, each in a home of its own."""
from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from xieli.server.home import Home


@contextmanager
def a_home() -> Iterator[Path]:
    """A folder that the database's account can enter, removed afterwards."""
    made = Path(tempfile.mkdtemp(prefix="xieli-test-"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made)


@pytest.fixture
def new_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Home]]:
    """Homes of new installations; the one asked for last is the process's own."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with a_home() as place:

        def home(name: str) -> Home:
            monkeypatch.setenv("XIELI_HOME", str(place / name))
            return Home(place / name)

        yield home


@pytest.fixture(autouse=True, scope="module")
def _own_surroundings() -> Iterator[None]:
    """What tests of other rooms left in the process's environment names their database; these have databases of their own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("XIELI_") and n != "XIELI_TEST_CLUSTER"]:
            patch.delenv(name)
        yield
