"""What every test shares: one database cluster for the whole run, and the rule that no skip passes in silence."""
from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import trans_real
from hypothesis import HealthCheck, settings
from pytest_django import plugin

from tests import skiplist, tours
from xieli.server.postgres import Server

CLUSTER = "XIELI_TEST_CLUSTER"
KEEP = "XIELI_TEST_KEEP"  # a folder: the cluster and its templates stay there from run to run, which spares a minute at the desk

# the browser's driver keeps an event loop in the thread that the other tests of its process use too
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

# The ordinary run tries the same examples everywhere: a red run can be repeated. The large run looks for new ones. How fast a
# shared machine draws them says nothing about the code.
settings.register_profile("ordinary", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("large", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("large" if os.environ.get("XIELI_SIZE") == "large" else "ordinary")


def pytest_configure(config: pytest.Config) -> None:
    """The process that the person started names the cluster's folder; worker processes inherit the name."""
    if not hasattr(config, "workerinput"):
        kept = os.environ.get(KEEP)
        folder = Path(kept) if kept else Path(tempfile.mkdtemp(prefix="xieli-tests-"))
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)  # for root the database runs under another account, which must pass through
        os.environ[CLUSTER] = str(folder)
        config.pluginmanager.register(skiplist.SkipList(skiplist.read(Path(__file__).with_name("skips.txt"))), "xieli-skips")
        config.pluginmanager.register(tours.Said(), "xieli-tours")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        folder = os.environ.pop(CLUSTER)
        if not os.environ.get(KEEP):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A page read in English leaves its language in the thread; a server's next request sets its own, a test would inherit it."""
    trans_real.deactivate()


@pytest.fixture(scope="session", autouse=True)
def databases_of_our_own(request: pytest.FixtureRequest) -> None:
    """Tests work on clones of ours, never on the database that pytest-django guards: whichever file comes first, it need not guard."""
    if plugin.blocking_manager_key in request.config.stash:
        request.config.stash[plugin.blocking_manager_key].unblock()


@pytest.fixture(scope="session")
def pg_cluster() -> Iterator[Server]:
    """A running PostgreSQL cluster that all processes of this run share; it forgets everything when the run ends.

    `XIELI_PG_BIN` chooses other server programs, for instance the system's PostgreSQL 15.
    """
    with Server(Path(os.environ[CLUSTER]) / "pg", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def first_night(pg_cluster: Server) -> Iterator[Any]:
    """The screens' world after “one call, the same night”, played once for a process; nobody acts in it, each file has a copy."""
    from tests.dbfixtures import clone, drop
    from tests.faces.web.conftest import Stage

    stage = Stage(clone(pg_cluster, f"night_{os.getpid()}", mark="demo"))
    stage.leave()
    yield stage
    drop(stage.database)


@pytest.fixture
def tmp_path(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pytest's own, passable for the account that a database runs under when the tests run as root."""
    if os.geteuid() == 0:
        base = tmp_path_factory.getbasetemp()
        own = [p for p in base.parents if p.name.startswith("pytest-")]
        for folder in (tmp_path, base, *own):
            folder.chmod(folder.stat().st_mode | 0o011)
    return tmp_path
