"""The ledger's schema, as SQL: tables, policies, the functions that write and read."""
from __future__ import annotations

from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    initial = True
    dependencies = [("access", "0001_initial")]
    operations = [sql_file("xieli.office.audit", "0001_tables.sql"), sql_file("xieli.office.audit", "0002_functions.sql")]
