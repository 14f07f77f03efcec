from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """Working access is looked at each year, and the line keeps reading what is closed."""

    dependencies = [("matters", "0015_alarms_together")]
    operations = [sql_file("xieli.office.matters", "0016_renewal.sql")]
