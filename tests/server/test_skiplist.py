"""A skip nobody listed fails the run; a listed one does not."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SAMPLE = """
import pytest

def test_one():
    pytest.skip("no browser here")

def test_two():
    assert True is not None
"""


def run(folder: Path, listed: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(SAMPLE)
    (folder / "skips.txt").write_text(listed)
    (folder / "conftest.py").write_text(
        "from pathlib import Path\nfrom tests import skiplist\n"
        "def pytest_configure(config):\n"
        "    if not hasattr(config, 'workerinput'):\n"
        "        config.pluginmanager.register(skiplist.SkipList(skiplist.read(Path(__file__).with_name('skips.txt'))))\n"
    )
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder), "--rootdir", str(folder)],
        cwd=folder, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )


def test_a_skip_that_is_not_listed_fails_the_run_and_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, "", "-n", "1")
    assert done.returncode == 1
    assert "test_sample.py::test_one: Skipped: no browser here" in done.stdout


def test_a_listed_skip_passes(tmp_path: Path) -> None:
    assert run(tmp_path, "*::test_one | no browser | small machines have none\n").returncode == 0


def test_a_skip_for_another_reason_than_the_listed_one_fails(tmp_path: Path) -> None:
    assert run(tmp_path, "*::test_one | no database | …\n").returncode == 1


def test_a_line_without_its_why_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "*::test_one | no browser\n")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "skips.txt:1" in done.stderr
