from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """A superior whose number is not known is known by name."""

    dependencies = [("matters", "0015_alarms_together")]
    operations = [sql_file("xieli.office.matters", "0016_superiors_names.sql")]
