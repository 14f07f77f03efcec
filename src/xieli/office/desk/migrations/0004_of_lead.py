from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):

    dependencies = [('desk', '0003_results')]

    operations = [sql_file('xieli.office.desk', '0004_of_lead.sql')]
