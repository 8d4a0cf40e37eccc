import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='CaseFact',
            fields=[
                ('case_id', models.UUIDField(primary_key=True, serialize=False)),
                ('number', models.CharField(blank=True, default='', max_length=43)),
                ('item_code', models.CharField(max_length=31)),
                ('agency_id', models.UUIDField()),
                ('region_path', models.CharField(max_length=120)),
                ('city', models.CharField(blank=True, default='', max_length=12)),
                ('county', models.CharField(blank=True, default='', max_length=12)),
                ('channel', models.CharField(blank=True, default='', max_length=8)),
                ('submitted_on', models.DateField(null=True)),
                ('accepted_on', models.DateField(null=True)),
                ('decided_on', models.DateField(null=True)),
                ('concluded_on', models.DateField(null=True)),
                ('statutory_due_on', models.DateField(null=True)),
                ('promised_due_on', models.DateField(null=True)),
                ('workdays_used', models.PositiveIntegerField(null=True)),
                ('result', models.CharField(blank=True, default='', max_length=12)),
                ('visits', models.PositiveSmallIntegerField(default=0)),
                ('materials', models.PositiveSmallIntegerField(default=0)),
                ('reused_materials', models.PositiveSmallIntegerField(default=0)),
                ('prefilled_fields', models.PositiveSmallIntegerField(default=0)),
                ('licence_issued_on', models.DateField(null=True)),
                ('licences_used', models.PositiveSmallIntegerField(default=0)),
                ('rating', models.PositiveSmallIntegerField(null=True)),
                ('is_rating_excluded', models.BooleanField(default=False)),
            ],
            options={
                'indexes': [models.Index(fields=['concluded_on', 'region_path'], name='case_fact_concluded'), models.Index(fields=['submitted_on', 'region_path'], name='case_fact_submitted'), models.Index(fields=['item_code', '-case_id'], name='case_fact_item'), models.Index(fields=['agency_id', '-case_id'], name='case_fact_agency'), models.Index(condition=models.Q(('concluded_on', None)), fields=['region_path', 'promised_due_on'], name='case_fact_open')],
            },
        ),
        migrations.CreateModel(
            name='ItemFact',
            fields=[
                ('code31', models.CharField(max_length=31, primary_key=True, serialize=False)),
                ('name', models.JSONField()),
                ('agency_id', models.UUIDField()),
                ('region_path', models.CharField(max_length=120)),
                ('statutory_workdays', models.PositiveIntegerField(null=True)),
                ('promised_workdays', models.PositiveIntegerField()),
                ('has_licence', models.BooleanField()),
                ('is_online', models.BooleanField()),
                ('is_in_force', models.BooleanField(default=True)),
            ],
            options={
                'indexes': [models.Index(fields=['region_path'], name='item_fact_region'), models.Index(fields=['agency_id'], name='item_fact_agency')],
            },
        ),
        migrations.CreateModel(
            name='Snapshot',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('month', models.DateField()),
                ('code', models.CharField(max_length=20)),
                ('region_path', models.CharField(blank=True, default='', max_length=120)),
                ('numerator', models.FloatField()),
                ('denominator', models.FloatField()),
                ('excluded', models.PositiveIntegerField()),
                ('value', models.FloatField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('month', 'code', 'region_path'), name='snapshot_once'), models.CheckConstraint(condition=models.Q(models.Q(('denominator', 0), ('value', None)), models.Q(('denominator__gt', 0), ('value__isnull', False)), _connector='OR'), name='snapshot_null_on_zero')],
            },
        ),
    ]
