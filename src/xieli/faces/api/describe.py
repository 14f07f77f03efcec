"""The description as a file: the same on every machine, so that a copy in docs/ can be compared."""
from __future__ import annotations

import json
from functools import cache
from typing import Any


@cache
def description() -> dict[str, Any]:
    """OpenAPI 3.1 as plain JSON values."""
    from xieli.faces.api.app import api

    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
    return found


def written() -> str:
    """The description as it is printed and committed."""
    return json.dumps(description(), ensure_ascii=False, indent=1) + "\n"
