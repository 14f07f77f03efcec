from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):

    dependencies = [
        ('desk', '0002_jobs'),
        ('allocation', '0003_records'),
    ]

    operations = [sql_file('xieli.office.desk', '0003_results.sql')]
