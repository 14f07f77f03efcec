from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """Working access is looked at each year, and the line keeps reading what is closed."""

    dependencies = [("matters", "0016_superiors_names")]
    operations = [sql_file("xieli.office.matters", "0017_renewal.sql")]
