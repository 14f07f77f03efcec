from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """One decision of designation counts once in a body's loads, however many matters name it."""

    dependencies = [("allocation", "0003_records")]
    operations = [sql_file("xieli.office.allocation", "0004_designations_once.sql")]
