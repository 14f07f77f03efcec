"""Sessions learn whether the sealer is late and the seal of a finished day, not the second of somebody's act."""
from __future__ import annotations

from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_event_state"), ("clients", "0001_initial")]
    operations = [sql_file("xieli.office.audit", "0003_lag.sql")]
