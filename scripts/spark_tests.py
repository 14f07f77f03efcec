"""The Spark tests in an environment of their own: ours, with pyspark beside it. Part of `make soak`; by hand: `python scripts/spark_tests.py`.

Pyspark weighs 400 MB and needs Java 17, so it is no dependency; the environment lies in var/spark and is kept.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from xieli.server.words import pick, to_terminal

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "var" / "spark"
WANTED = "pyspark>=4,<5"  # as the extra xieli[spark] asks


def environment() -> Path | None:
    """The interpreter of the environment, made at its first use; None, with a sentence, where it cannot be made."""
    if shutil.which("java") is None:
        to_terminal(pick("没有 Java（需 17），Spark 测试未运行。", "There is no Java (17 is needed); the Spark tests did not run."))
        return None
    python = PLACE / "bin" / "python"
    if not (PLACE / ".whole").exists():
        shutil.rmtree(PLACE, ignore_errors=True)
        venv.create(PLACE, with_pip=True)
        if subprocess.run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", WANTED], check=False).returncode != 0:
            to_terminal(pick("pyspark 未能安装，Spark 测试未运行。", "pyspark could not be installed; the Spark tests did not run."))
            return None
        inside = next((PLACE / "lib").glob("python*/site-packages"))
        (inside / "ours.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
        (PLACE / ".whole").touch()
    return python


def run(report: Path | None = None, arguments: list[str] | None = None) -> int:
    """All models on Spark beside DuckDB, row for row. Exit code of pytest; 2 where there is no environment."""
    python = environment()
    if python is None:
        return 2
    found = [f"--junit-xml={report}"] if report else []
    return subprocess.run([str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/engines/matching/test_spark.py", *found, *(arguments or [])], cwd=ROOT,
                          env=os.environ | {"XIELI_SIZE": "large", "PYTHONPATH": str(ROOT / "src")}, check=False).returncode


if __name__ == "__main__":
    sys.exit(run(arguments=sys.argv[1:]))
