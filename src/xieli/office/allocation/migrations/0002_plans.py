
import django.db.models.deletion
from django.db import migrations, models

import xieli.office.ids
from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):

    dependencies = [
        ('allocation', '0001_initial'),
        ('bodies', '0001_initial'),
        ('matters', '0004_importing'),
        ('people', '0001_initial'),
        ('desk', '0002_jobs'),
    ]

    operations = [
        migrations.CreateModel(
            name='UnitLoad',
            fields=[
                ('body', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='unit_load', serialize=False, to='bodies.body')),
                ('leads', models.IntegerField()),
                ('cases', models.IntegerField()),
                ('years', models.DecimalField(decimal_places=1, max_digits=4)),
                ('released_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'unit_load',
            },
        ),
        migrations.CreateModel(
            name='BodyPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('x_km', models.DecimalField(decimal_places=2, max_digits=7)),
                ('y_km', models.DecimalField(decimal_places=2, max_digits=7)),
                ('division_code', models.CharField(blank=True, max_length=12)),
                ('central', models.BooleanField(default=False, help_text='in the central city: shared out by area, not by seat')),
                ('headcount', models.IntegerField(default=0)),
                ('column', models.SmallIntegerField(help_text='tile on the picture, from 0', null=True)),
                ('row', models.SmallIntegerField(null=True)),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='bodies.body')),
            ],
            options={
                'db_table': 'body_place',
            },
        ),
        migrations.CreateModel(
            name='Drill',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(help_text='of the invented person', max_length=40)),
                ('ranking', models.JSONField(default=dict)),
                ('steps', models.JSONField(default=list, help_text='[{step, at, note}] in order')),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bodies.body')),
                ('natural', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bodies.body')),
                ('started_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'db_table': 'drill',
            },
        ),
        migrations.CreateModel(
            name='PlanRun',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('task', models.CharField(choices=[('zones', '划分'), ('replan', '最少调整'), ('frontier', '方案并列'), ('explain', '解释'), ('exact', '假设'), ('conflict', '冲突'), ('staff', '配员'), ('committees', '片区廉勤委'), ('rota', '轮值'), ('batch', '成批比选')], max_length=12)),
                ('title', models.CharField(max_length=120)),
                ('problem', models.JSONField()),
                ('options', models.JSONField(default=dict)),
                ('limits', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('queued', '排队'), ('running', '运行中'), ('done', '完成'), ('failed', '失败'), ('cancelled', '已取消'), ('refused', '拒绝')], max_length=10)),
                ('progress', models.JSONField(default=dict, help_text="last better plan's cost and place")),
                ('result', models.JSONField(null=True)),
                ('verdict', models.JSONField(help_text='violations found by the checker, none is an empty list', null=True)),
                ('said_zh', models.CharField(blank=True, max_length=500)),
                ('said_en', models.CharField(blank=True, max_length=500)),
                ('session', models.BigIntegerField(help_text="the session in which it was asked: its capacity is the job's", null=True)),
                ('at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('beat_at', models.DateTimeField(null=True)),
                ('cancel_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bodies.body')),
                ('matter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='matters.matter')),
                ('parent', models.ForeignKey(help_text='the plan that a what-if is asked of', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='allocation.planrun')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'db_table': 'plan_run',
            },
        ),
        migrations.CreateModel(
            name='PlanVersion',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('central_units', '央地协作片区'), ('villages', '片区廉勤委'), ('inspection', '督查轮值'), ('chair', '会议主持轮值')], max_length=16)),
                ('number', models.IntegerField(help_text='given when adopted', null=True)),
                ('rule_zh', models.TextField()),
                ('rule_en', models.TextField()),
                ('reason', models.CharField(max_length=300)),
                ('snapshot', models.JSONField()),
                ('sha', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('proposed', '待通过'), ('in_force', '现行'), ('ended', '已结束'), ('withdrawn', '已撤回')], default='proposed', max_length=10)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(null=True)),
                ('proposed_at', models.DateTimeField()),
                ('adopted_at', models.DateTimeField(null=True)),
                ('adopted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bodies.body')),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='allocation.planrun')),
            ],
            options={
                'db_table': 'plan_version',
            },
        ),
        migrations.CreateModel(
            name='LoadRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('load', models.IntegerField()),
                ('officers', models.IntegerField()),
                ('released_at', models.DateTimeField()),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='load_releases', to='bodies.body')),
            ],
            options={
                'db_table': 'body_load_release',
                'constraints': [models.UniqueConstraint(fields=('body', 'released_at'), name='load_released_once')],
            },
        ),
        migrations.AddIndex(
            model_name='planrun',
            index=models.Index(fields=['body', '-at'], name='plan_runs_of_body'),
        ),
        sql_file('xieli.office.allocation', '0002_plans.sql'),
    ]
