from django.db import migrations

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """Whoever wants no mail is asked about first."""

    dependencies = [("notices", "0001_initial")]
    operations = [sql_file("xieli.office.notices", "0002_mail_asks_first.sql")]
