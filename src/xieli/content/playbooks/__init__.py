"""The shipped playbooks as bytes; `xieli.engines.playbooks.load_all(sources())` turns them into playbooks."""
from __future__ import annotations

import json
from importlib.resources import files


def sources() -> dict[str, bytes]:
    """File name to content of every shipped playbook, sorted by name."""
    found = {f.name: f.read_bytes() for f in files(__name__).iterdir() if f.name.endswith(".yaml")}
    return dict(sorted(found.items()))


def locked() -> dict[tuple[str, int], str]:
    """SHA-256 of every version ever published, keyed (kind, version); a published version never changes."""
    text = files(__name__).joinpath("published.json").read_text("utf-8")
    return {(kind, int(version)): sha for kind, versions in json.loads(text).items() for version, sha in versions.items()}
