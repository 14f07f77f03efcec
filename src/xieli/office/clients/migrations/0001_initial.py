import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import xieli.office.ids
from xieli.server.migration_sql import sql_file


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0002_proof'),
        ('matters', '0003_policies'),
        ('bodies', '0001_initial'),
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('label', models.CharField(max_length=80)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), size=None)),
                ('zone', models.CharField(choices=[('government', '政务区'), ('closed', '封闭区')], default='government', max_length=12)),
                ('reason', models.CharField(max_length=200)),
                ('agreement', models.CharField(blank=True, help_text='a service acts under an agreement with an end', max_length=120)),
                ('expires_at', models.DateTimeField()),
                ('asked_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('collected_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('collector', models.ForeignKey(help_text='who receives the secret; for a service the person responsible', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('person', models.ForeignKey(help_text='whose grants it has', on_delete=django.db.models.deletion.PROTECT, related_name='api_tokens', to='people.person')),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'db_table': 'api_token',
            },
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('label', models.CharField(max_length=80)),
                ('url', models.CharField(max_length=300)),
                ('kinds', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), size=None)),
                ('generation', models.IntegerField(default=1, help_text='of its secret')),
                ('rotated_at', models.DateTimeField(null=True)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='webhooks', to='bodies.body')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'db_table': 'webhook',
            },
        ),
        migrations.CreateModel(
            name='WebhookEvent',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=32)),
                ('at', models.DateTimeField()),
                ('matter_id', models.BigIntegerField(null=True)),
                ('handover_id', models.BigIntegerField(null=True)),
                ('approval_id', models.BigIntegerField(null=True)),
                ('subject_key', models.CharField(help_text='what makes it one event however many persons were told', max_length=60)),
                ('body', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bodies.body')),
            ],
            options={
                'db_table': 'webhook_event',
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('waiting', '待投递'), ('sent', '已送达'), ('dead', '已放弃')], default='waiting', max_length=8)),
                ('attempts', models.SmallIntegerField(default=0)),
                ('next_try', models.DateTimeField()),
                ('last_status', models.IntegerField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=200)),
                ('done_at', models.DateTimeField(null=True)),
                ('webhook', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='clients.webhook')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='clients.webhookevent')),
            ],
            options={
                'db_table': 'webhook_delivery',
            },
        ),
        migrations.CreateModel(
            name='WebhookHost',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=120)),
                ('port', models.IntegerField(default=443)),
                ('private', models.BooleanField(default=False, help_text='the host lies in a private range, or is reached without TLS inside it')),
                ('note', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('allowed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'db_table': 'webhook_host',
            },
        ),
        migrations.CreateModel(
            name='ApiAnswer',
            fields=[
                ('id', models.BigIntegerField(default=xieli.office.ids.random_id, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=80)),
                ('digest', models.CharField(help_text='of method, address and body', max_length=64)),
                ('status', models.SmallIntegerField(default=0)),
                ('headers', models.JSONField(default=dict)),
                ('body', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
                ('token', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clients.apitoken')),
            ],
            options={
                'db_table': 'api_answer',
                'constraints': [models.UniqueConstraint(fields=('token', 'key'), name='one_answer_per_key')],
            },
        ),
        migrations.AddConstraint(
            model_name='webhookevent',
            constraint=models.UniqueConstraint(fields=('body', 'kind', 'at', 'subject_key'), name='one_event_however_many_told'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['next_try'], name='delivery_due'),
        ),
        migrations.AddConstraint(
            model_name='webhookhost',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('host', 'port'), name='a_host_once'),
        ),
        sql_file("xieli.office.clients", "0001_clients.sql"),
    ]
