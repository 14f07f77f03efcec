import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import xieli.office.ids
from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):

    dependencies = [
        ('allocation', '0002_plans'),
        ('bodies', '0001_initial'),
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='VillageRecord',
            fields=[
                ('body', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='village_record', serialize=False, to='bodies.body')),
                ('work', models.IntegerField(help_text='items a year, a count')),
                ('score', models.SmallIntegerField(help_text="the town's yearly mark of the supervisor, 0-100")),
                ('cadre', models.BooleanField(default=False, help_text='the supervisor is a village cadre: he heads no committee')),
                ('kin_in', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list, help_text='villages whose cadres are his kin', size=None)),
                ('recorded_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'village_record',
            },
        ),
        migrations.CreateModel(
            name='CheckGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('name_zh', models.CharField(max_length=60)),
                ('name_en', models.CharField(max_length=80)),
                ('heads', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), help_text='two offices', size=None)),
                ('barred', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list, size=None)),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='check_groups', to='bodies.body')),
            ],
            options={
                'db_table': 'check_group',
            },
        ),
        migrations.CreateModel(
            name='RankingWeights',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.IntegerField(help_text='given when adopted', null=True)),
                ('weights', models.JSONField()),
                ('reason', models.CharField(max_length=300)),
                ('reviewed', models.SmallIntegerField(help_text='the year whose choices were reviewed', null=True)),
                ('findings', models.JSONField(default=dict, help_text='what the review showed when it was put forward')),
                ('sha', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('proposed', '待通过'), ('in_force', '现行'), ('ended', '已结束'), ('withdrawn', '已撤回')], default='proposed', max_length=10)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(null=True)),
                ('proposed_at', models.DateTimeField()),
                ('adopted_at', models.DateTimeField(null=True)),
                ('adopted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bodies.body')),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'db_table': 'ranking_weights',
            },
        ),
        migrations.CreateModel(
            name='VillageBorder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('a', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bodies.body')),
                ('b', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bodies.body')),
            ],
            options={
                'db_table': 'village_border',
                'constraints': [models.UniqueConstraint(fields=('a', 'b'), name='border_once'), models.CheckConstraint(condition=models.Q(('a__lt', models.F('b'))), name='border_in_order')],
            },
        ),
        sql_file('xieli.office.allocation', '0003_records.sql'),
    ]
