from django.db import migrations, models

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):
    """限制参与: who is limited on a matter reads and remarks, and does nothing else there. A circle that only who may approve widens."""

    dependencies = [("access", "0001_initial"), ("matters", "0014_two_parents")]
    operations = [
        migrations.AlterField("recusal", "state", models.CharField(choices=[("raised", "待决定"), ("in_force", "回避"), ("limited", "限制参与"), ("rejected", "不予回避")], max_length=10)),
        sql_file("xieli.office.access", "0008_limited.sql"),
        sql_file("xieli.office.access", "0009_approved_circle.sql"),
    ]
