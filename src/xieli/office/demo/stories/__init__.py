"""The stories of the seeds, one module each: `STORY` (id, zh, en), `play(theatre)`. Listed by what is in this folder."""
from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def stories() -> dict[str, ModuleType]:
    """Every story by its id, in order."""
    found = {}
    for info in iter_modules(__path__):
        module = import_module(f"{__name__}.{info.name}")
        if hasattr(module, "STORY"):
            found[module.STORY[0]] = module
    return dict(sorted(found.items()))
