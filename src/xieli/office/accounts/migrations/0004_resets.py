from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """A second factor reset by two persons; closed circles with a basis, a review and an end."""

    dependencies = [("accounts", "0003_signins")]
    operations = [sql_file("xieli.office.accounts", "0004_resets.sql")]
