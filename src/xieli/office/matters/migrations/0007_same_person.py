from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """A key by which a person counts once over many matters; two columns that only the database fills."""

    dependencies = [("matters", "0006_merging")]
    operations = [sql_file("xieli.office.matters", "0008_same_person.sql")]
