from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """The rule of renewing stands once, knowers are asked as the binding asks, and what ends at one instant is told together."""

    dependencies = [("matters", "0017_renewal")]
    operations = [sql_file("xieli.office.matters", "0018_renewal_asked_once.sql")]
