from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """What a playbook lets end by itself is ended by the worker."""

    dependencies = [("matters", "0009_gates"), ("desk", "0002_jobs")]
    operations = [sql_file("xieli.office.matters", "0010_by_itself.sql")]
