from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """Receipts and numbers of matters on colleagues tell neither count nor order."""

    dependencies = [("accounts", "0004_resets"), ("matters", "0008_lookup")]
    operations = [sql_file("xieli.office.accounts", "0005_numbers.sql")]
