from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """Numbers of all matters and letters tell neither count nor order; the count behind them keeps no gap."""

    dependencies = [("accounts", "0005_numbers"), ("matters", "0009_gates")]
    operations = [sql_file("xieli.office.accounts", "0006_every_number.sql")]
