from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """Sign-ins as acts of the ledger; a fresh proof for what leaves the house and for a number in full."""

    dependencies = [("accounts", "0002_proof"), ("matters", "0006_merging"), ("audit", "0002_event_state"), ("clients", "0001_initial")]
    operations = [sql_file("xieli.office.accounts", "0003_signins.sql")]
