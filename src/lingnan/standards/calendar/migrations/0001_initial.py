import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='PublishedYear',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('year', models.PositiveSmallIntegerField(unique=True)),
                ('source_doc', models.CharField(max_length=300)),
                ('published_by', models.CharField(max_length=100)),
                ('published_at', models.DateTimeField()),
                ('revision', models.PositiveSmallIntegerField(default=1)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CalendarVersion',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('number', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='calendar_version_single_row')],
            },
        ),
        migrations.CreateModel(
            name='WorkdayOverride',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('date', models.DateField()),
                ('is_workday', models.BooleanField()),
                ('kind', models.CharField(choices=[('holiday', 'Holiday'), ('swapped_workday', 'Swapped Workday'), ('closure', 'Closure')], max_length=16)),
                ('name', models.CharField(max_length=100)),
                ('name_en', models.CharField(blank=True, default='', max_length=100)),
                ('region_code', models.CharField(blank=True, default='', max_length=12)),
                ('source_doc', models.CharField(max_length=300)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('date', 'region_code'), name='workday_override_once_per_scope'), models.CheckConstraint(condition=models.Q(models.Q(('is_workday', True), ('kind', 'swapped_workday')), models.Q(models.Q(('kind', 'swapped_workday'), _negated=True), ('is_workday', False)), _connector='OR'), name='workday_override_kind_agrees')],
            },
        ),
    ]
