from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """People stand in the order of how their names are read."""

    dependencies = [("accounts", "0006_every_number")]
    operations = [sql_file("xieli.office.accounts", "0007_sorted.sql")]
