from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """A fresh proof before sensitive acts; sign-ins under way; identities at a provider."""

    dependencies = [("accounts", "0001_door"), ("matters", "0003_policies"), ("audit", "0001_ledger")]
    operations = [sql_file("xieli.office.accounts", "0002_proof.sql")]
