"""The desk's catalogue: the data sets of the engine's folder, as the installer lists them for everybody who may match."""
from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from xieli.engines.matching.datasets.catalogue import entry, listing
from xieli.office.desk import store


def publish(admin: psycopg.Connection[Any], at: datetime) -> int:
    """Bring the catalogue of the database up to the engine's. Returns how many data sets it lists."""
    space = store.workspace(at)
    rows = listing(space, at.date())
    for r in rows:
        d = entry(space, r["dataset"]).dataset
        admin.execute(
            "insert into match_dataset (code, title_zh, title_en, owner_code, owner_zh, owner_en, level, as_of, every_days, lineage_zh, lineage_en, version, accepted, quarantined, columns)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (code) do update set version = excluded.version, as_of = excluded.as_of,"
            " accepted = excluded.accepted, quarantined = excluded.quarantined, columns = excluded.columns",
            [r["dataset"], r["title"]["zh"], r["title"]["en"], r["owner"]["body"], r["owner"]["zh"], r["owner"]["en"], r["level"], r["as_of"], d.every_days or 0, d.lineage["zh"], d.lineage["en"],
             r["version"], r["accepted"], r["quarantined"], Jsonb(r["columns"])])
    return len(rows)
