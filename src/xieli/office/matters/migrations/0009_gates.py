from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """Gates 6 and 7 and the series of an imported ledger hold for a bare connection as well."""

    dependencies = [("matters", "0008_lookup")]
    operations = [sql_file("xieli.office.matters", "0009_gates.sql")]
