import django.db.models.deletion
from django.db import migrations, models

import xieli.office.ids
from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):

    dependencies = [
        ('desk', '0004_of_lead'),
        ('matters', '0014_two_parents'),
        ('notices', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='LeadEvidence',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('evidence', models.JSONField()),
                ('bound', models.JSONField(default=dict, help_text='by table of the model: which columns of which data set')),
                ('authorization_digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('matter', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='hit_evidence', to='matters.matter')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'db_table': 'match_lead_evidence',
            },
        ),
        sql_file('xieli.office.desk', '0005_told.sql'),
    ]
