"""The form in which a playbook is stored and hashed: every coded mapping becomes a list, so that order is content.

A file names things by key (`stages: {draft: …}`) because a person reads it; JSON objects have no order, but the order
of stages, fields and options is what people see. Storing the list keeps it through jsonb and canonical JSON.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FIELD: dict[str, Any] = {"options": {}, "columns": {"options": {}}}
_CODED: dict[str, Any] = {
    "parties": {}, "roles": {}, "compositions": {"slots": {}}, "series": {}, "forms": {"fields": _FIELD}, "clocks": {}, "documents": {},
    "products": {}, "outcomes": {}, "messages": {}, "approvals": {}, "feedback": {}, "separation": {}, "prior": {},
    "stages": {"outcomes": {}}, "moves": {},
}


def to_stored(content: Mapping[str, Any], shape: Mapping[str, Any] = _CODED) -> dict[str, Any]:
    """File form to stored form."""
    return {key: [{"code": code, **to_stored(item, shape[key])} for code, item in value.items()] if key in shape else value for key, value in content.items()}


def to_content(data: Mapping[str, Any], shape: Mapping[str, Any] = _CODED) -> dict[str, Any]:
    """Stored form to file form; the inverse of `to_stored`."""
    return {
        key: {item["code"]: {k: v for k, v in to_content(item, shape[key]).items() if k != "code"} for item in value} if key in shape else value
        for key, value in data.items()
    }
