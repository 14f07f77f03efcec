from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """Credentials in a schema of the door's own."""

    dependencies = [("access", "0001_initial"), ("people", "0001_initial")]
    operations = [sql_file("xieli.office.accounts", "0001_door.sql")]
