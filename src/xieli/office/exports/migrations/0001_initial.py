import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import xieli.office.ids
from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0002_proof'),
        ('desk', '0002_jobs'),
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='RegisterExport',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('session', models.BigIntegerField(help_text="the session in which it was asked: its capacity is the job's", null=True)),
                ('register', models.CharField(max_length=40)),
                ('query', models.TextField(blank=True, help_text='filters and columns as the address has them')),
                ('language', models.CharField(max_length=10)),
                ('title', models.CharField(max_length=80)),
                ('purpose', models.CharField(max_length=200)),
                ('paper', models.CharField(default='a4', max_length=2)),
                ('state', models.CharField(choices=[('queued', '排队'), ('running', '正在生成'), ('done', '可取'), ('failed', '失败'), ('cancelled', '已停止'), ('refused', '无权限'), ('gone', '已过期')], max_length=10)),
                ('total', models.IntegerField(help_text='rows when it was asked for')),
                ('done', models.IntegerField(default=0)),
                ('at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('beat_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('until', models.DateTimeField(help_text='the sheet can be taken before this instant, then it is deleted', null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'db_table': 'register_export',
                'indexes': [models.Index(fields=['person', '-at'], name='exports_of_person')],
            },
        ),
        migrations.CreateModel(
            name='ExportSheet',
            fields=[
                ('export', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='sheet', serialize=False, to='exports.registerexport')),
                ('content', models.BinaryField()),
                ('matters', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
            ],
            options={
                'db_table': 'register_export_sheet',
            },
        ),
        sql_file('xieli.office.exports', '0001_exports.sql'),
    ]
