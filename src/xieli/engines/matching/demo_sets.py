"""Every data set of the demo brought into a workspace by one process, beside whatever else is being made."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from xieli.engines.matching import demo, demo_case, demo_county
from xieli.engines.matching.datasets.importing import import_dataset
from xieli.engines.matching.workspace import Workspace

Truth = dict[str, Any]


def bring(space: Workspace, folder: Path, at: datetime, *, here: bool = False) -> None:
    """Import every described file of a folder. `here`: see `import_dataset`."""
    for path in sorted(folder.glob("*.dataset.yaml")):
        name = path.name.removesuffix(".dataset.yaml")
        import_dataset(space, folder / f"{name}.csv", path, now=at, by="demo", here=here)


def bring_all(root: Path, subject: tuple[str, str], at: datetime) -> dict[str, Truth]:
    """The payments, the case about `subject` (identity number, name) and the county's departments; returns what was planted in each."""
    space, as_of = Workspace(root), demo.last_month_end(at.date())
    makers: dict[str, Callable[[Path], Truth]] = {
        "payments": lambda folder: demo.generate(folder, people=400, as_of=as_of),
        "case": lambda folder: demo_case.generate_case(folder, subject, as_of=as_of),
        "county": demo_county.generate_county,
    }
    truths = {}
    for name, make in makers.items():
        with TemporaryDirectory() as spare:
            truths[name] = make(Path(spare))
            bring(space, Path(spare), at, here=True)
    return truths


@contextmanager
def beside(root: Path, subject: tuple[str, str], at: datetime) -> Iterator[Callable[[], dict[str, Truth]]]:
    """Begin `bring_all` in a process of its own; what is yielded waits for its end and returns the truths, or raises its MatchError."""
    # a fresh interpreter: DuckDB's threads do not outlive a fork
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as one:
        begun = one.submit(bring_all, root, subject, at)
        try:
            yield begun.result
        finally:
            begun.cancel()
