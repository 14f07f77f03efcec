"""Acts of one instant are told in the order of their writing."""
from __future__ import annotations

from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_lag")]
    operations = [sql_file("xieli.office.audit", "0004_order.sql")]
