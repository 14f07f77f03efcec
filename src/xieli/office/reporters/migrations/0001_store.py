from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """The reporters' store in a schema of its own."""

    dependencies = [("accounts", "0002_proof"), ("matters", "0003_policies"), ("audit", "0001_ledger")]
    operations = [sql_file("xieli.office.reporters", name) for name in ("0001_store.sql", "0002_functions.sql", "0003_acts.sql")]
