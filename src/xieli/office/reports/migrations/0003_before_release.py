from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """A draft is read by who may check and approve it, and by nobody else."""

    dependencies = [("reports", "0002_asking")]

    operations = [sql_file("xieli.office.reports", "0003_before_release.sql")]
