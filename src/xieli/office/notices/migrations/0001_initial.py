import django.db.models.deletion
from django.db import migrations, models

import xieli.office.ids
from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0002_proof'),
        ('clients', '0001_initial'),
        ('matters', '0003_policies'),
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='NoticeSetting',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='people.person')),
                ('email', models.CharField(blank=True, max_length=254)),
                ('email_on', models.BooleanField(default=False)),
                ('how', models.CharField(choices=[('daily', '每日汇总'), ('each', '逐次')], default='daily', max_length=8)),
                ('quiet_from', models.TimeField(default='20:00')),
                ('quiet_to', models.TimeField(default='08:00')),
                ('language', models.CharField(choices=[('zh-hans', '中文'), ('en', 'English')], default='zh-hans', max_length=8)),
            ],
            options={
                'db_table': 'notice_setting',
            },
        ),
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('made_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('last_read_at', models.DateTimeField(null=True)),
                ('readings', models.IntegerField(default=0)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person')),
            ],
            options={
                'db_table': 'calendar_feed',
            },
        ),
        migrations.CreateModel(
            name='MailOut',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('red', models.BooleanField(default=False, help_text='statutory red: neither muted nor held back by quiet hours')),
                ('number', models.IntegerField(default=1, help_text='of notifications it stands for')),
                ('state', models.CharField(choices=[('waiting', '待发'), ('sent', '已发'), ('dead', '已放弃'), ('dropped', '不再发')], default='waiting', max_length=8)),
                ('attempts', models.SmallIntegerField(default=0)),
                ('next_try', models.DateTimeField()),
                ('made_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=200)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person')),
            ],
            options={
                'db_table': 'mail_out',
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_try'], name='mail_due')],
            },
        ),
        migrations.CreateModel(
            name='NoticeMute',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person')),
            ],
            options={
                'db_table': 'notice_mute',
                'constraints': [models.UniqueConstraint(fields=('person', 'kind'), name='a_kind_muted_once')],
            },
        ),
        sql_file("xieli.office.notices", "0001_notices.sql"),
    ]
