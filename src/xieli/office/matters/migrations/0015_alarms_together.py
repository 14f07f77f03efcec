from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """Alarms of one round of the sweeper are raised in one statement."""

    dependencies = [("matters", "0014_two_parents")]
    operations = [sql_file("xieli.office.matters", "0015_alarms_together.sql")]
