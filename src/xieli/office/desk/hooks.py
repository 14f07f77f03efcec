"""What a relapse does to a recommendation: registered by its room, called by the tripwires.

Apart from them, so that every process can register at its start without loading the engines of data matching (40 MB).
"""
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xieli.office.matters.tables.core import Matter

# Given the recommendation, the tripwire's item and the number of relapses, in the transaction of the check and with the setter's
# authority; says in a code what it did ("reopened"), or nothing where it does not apply.
hooks: list[Callable[[Matter, str, int], str]] = []


def on_relapse(hook: Callable[[Matter, str, int], str]) -> Callable[[Matter, str, int], str]:
    """Register a hook; usable as a decorator, from an app's ready()."""
    if hook not in hooks:
        hooks.append(hook)
    return hook
