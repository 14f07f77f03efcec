"""The furnished world with places and central units laid out on top."""
from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="module")
def placed(stage: Any) -> Any:
    """The stage of this module, with every body in its place and invented central units crowded in three districts."""
    from xieli.office.allocation import demo

    demo.load(stage.admin)
    return stage
