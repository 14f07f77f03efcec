"""The ledger as rows to read. The tables are made by SQL (sql/0001_tables.sql) and written by the database's functions only."""
from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from xieli.engines import ledger


class Event(models.Model):
    """One act. A session reads those whose matters it may all read; its own where no matter is named."""

    uuid = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField()
    verb = models.TextField()
    person = models.BigIntegerField(null=True)
    session = models.BigIntegerField(null=True)
    capacity = models.TextField()
    process = models.TextField()
    purpose = models.TextField(null=True)
    matters = ArrayField(models.BigIntegerField())
    canon = models.BinaryField()

    class Meta:
        managed = False
        db_table = 'audit"."event'  # Django quotes the whole name: schema and table

    def envelope(self) -> dict[str, Any]:
        """The act decoded from the bytes that were hashed."""
        return ledger.read(bytes(self.canon))

    def sentence(self, lang: str = "zh", **names: Any) -> str:
        """What a person reads; see `Registry.sentence` for `names`."""
        return ledger.REGISTRY.sentence(self.envelope(), lang, **names)
