from django.db import migrations, models

from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):

    dependencies = [('desk', '0005_told')]

    operations = [
        migrations.AddField('leadevidence', 'withdrawn', models.CharField(blank=True, db_default='', default='', help_text='the later verdict on the hit, where it is no longer true', max_length=12)),
        migrations.AddField('leadevidence', 'withdrawn_at', models.DateTimeField(null=True)),
        migrations.AddField('correction', 'asked_by', models.CharField(choices=[('handler', '办案人员'), ('person', '本人'), ('counsel', '律师或代理人'), ('owner', '主管单位')], default='handler', max_length=10)),
        migrations.AddField('correction', 'told_on', models.DateField(help_text='when the person was told what became of it', null=True)),
        migrations.AddField('correction', 'not_told', models.CharField(blank=True, default='', help_text='why he was not', max_length=300)),
        sql_file('xieli.office.desk', '0006_wronged.sql'),
    ]
