from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """A finished sheet is read only while its asker may see every matter in it."""

    dependencies = [("exports", "0001_initial"), ("matters", "0009_gates")]
    operations = [sql_file("xieli.office.exports", "0002_parents.sql")]
