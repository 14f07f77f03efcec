from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):

    dependencies = [("cooperation", "0001_initial"), ("matters", "0003_policies")]

    operations = [sql_file("xieli.office.cooperation", "0002_availability.sql")]
