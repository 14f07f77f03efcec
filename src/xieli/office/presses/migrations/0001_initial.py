import django.db.models.deletion
from django.db import migrations, models

import xieli.office.ids
from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('matters', '0003_policies'),
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Press',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=64)),
                ('location', models.CharField(blank=True, max_length=500)),
                ('at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person')),
            ],
            options={
                'db_table': 'press',
                'constraints': [models.UniqueConstraint(fields=('person', 'key'), name='press_once')],
            },
        ),
        sql_file('xieli.office.presses', '0001_presses.sql'),
    ]
