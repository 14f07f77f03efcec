"""Tell Django about the row that it may read; the table exists already."""
from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_ledger")]
    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("uuid", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("verb", models.TextField()),
                ("person", models.BigIntegerField(null=True)),
                ("session", models.BigIntegerField(null=True)),
                ("capacity", models.TextField()),
                ("process", models.TextField()),
                ("purpose", models.TextField(null=True)),
                ("matters", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("canon", models.BinaryField()),
            ],
            options={"db_table": 'audit"."event', "managed": False},
        ),
    ]
