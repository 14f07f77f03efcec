from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """Ledgers come in many rows at a time."""

    dependencies = [("matters", "0003_policies")]
    operations = [sql_file("xieli.office.matters", "0005_importing.sql")]
