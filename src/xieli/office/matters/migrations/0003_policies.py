from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """The kernel's policies and doors."""

    dependencies = [("matters", "0002_kernel"), ("access", "0001_initial")]
    operations = [sql_file("xieli.office.matters", "0003_kernel.sql"), sql_file("xieli.office.matters", "0004_family.sql")]
