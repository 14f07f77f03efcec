from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """A kept answer is read only while every matter it tells of may be seen."""

    dependencies = [("clients", "0001_initial"), ("matters", "0009_gates")]
    operations = [sql_file("xieli.office.clients", "0002_kept.sql")]
