import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Load',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('edition', models.CharField(max_length=80, unique=True)),
                ('row_count', models.PositiveIntegerField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Region',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('code', models.CharField(max_length=12)),
                ('name', models.CharField(max_length=100)),
                ('full_name', models.CharField(max_length=300)),
                ('name_en', models.CharField(blank=True, default='', max_length=200)),
                ('level', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=[('province', 'Province'), ('city', 'City'), ('district', 'District'), ('county', 'County'), ('autonomous_county', 'Autonomous County'), ('county_city', 'County City'), ('subdistrict', 'Subdistrict'), ('town', 'Town'), ('township', 'Township'), ('ethnic_township', 'Ethnic Township'), ('zone', 'Zone'), ('farm', 'Farm'), ('institution', 'Institution'), ('community', 'Community'), ('village', 'Village'), ('quasi_village', 'Quasi Village'), ('functional', 'Functional')], max_length=20)),
                ('is_gb', models.BooleanField(default=True)),
                ('path', models.CharField(max_length=80)),
                ('pinyin', models.CharField(max_length=250)),
                ('initials', models.CharField(max_length=60)),
                ('grams', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), default=list, size=None)),
                ('valid_from', models.DateField(null=True)),
                ('valid_until', models.DateField(null=True)),
                ('source', models.CharField(max_length=100)),
                ('anchor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region')),
                ('parent', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region')),
            ],
            options={
                'indexes': [models.Index(fields=['parent', 'code'], name='region_children'), models.Index(fields=['path'], name='region_subtree', opclasses=['varchar_pattern_ops']), models.Index(fields=['pinyin'], name='region_pinyin', opclasses=['varchar_pattern_ops']), models.Index(fields=['initials'], name='region_initials', opclasses=['varchar_pattern_ops']), django.contrib.postgres.indexes.GinIndex(fields=['grams'], name='region_grams')],
                'constraints': [models.UniqueConstraint(fields=('code', 'valid_from'), name='region_once_per_start', nulls_distinct=False), models.UniqueConstraint(condition=models.Q(('valid_until', None)), fields=('code',), name='region_one_current'), models.CheckConstraint(condition=models.Q(('valid_from', None), ('valid_until', None), ('valid_from__lt', models.F('valid_until')), _connector='OR'), name='region_ends_after_start'), models.CheckConstraint(condition=models.Q(('level__gte', 1), ('level__lte', 5)), name='region_level_known')],
            },
        ),
        migrations.CreateModel(
            name='Succession',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('change', models.CharField(choices=[('renamed', 'Renamed'), ('recoded', 'Recoded')], max_length=10)),
                ('effective_on', models.DateField()),
                ('predecessor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region')),
                ('successor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('predecessor', 'successor'), name='succession_once_per_pair'), models.CheckConstraint(condition=models.Q(('predecessor', models.F('successor')), _negated=True), name='succession_of_another')],
            },
        ),
    ]
