from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """Who could open a matter is asked in one place."""

    dependencies = [("desk", "0006_wronged"), ("matters", "0018_renewal_asked_once")]
    operations = [sql_file("xieli.office.desk", "0007_would_read.sql")]
