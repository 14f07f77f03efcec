from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """A step that needs a parent's approval names which of two parents: the one that manages the person."""

    dependencies = [("matters", "0013_ledgers")]
    operations = [sql_file("xieli.office.matters", "0014_two_parents.sql")]
