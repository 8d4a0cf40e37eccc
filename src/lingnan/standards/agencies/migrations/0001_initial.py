import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('regions', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Agency',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('uscc', models.CharField(max_length=18, unique=True)),
                ('name', models.CharField(max_length=150)),
                ('short_name', models.CharField(max_length=80)),
                ('name_en', models.CharField(max_length=250)),
                ('kind', models.CharField(choices=[('general_office', 'General office of the government'), ('development_reform', 'Development and reform'), ('education', 'Education'), ('science', 'Science and technology'), ('industry', 'Industry and information technology'), ('ethnic_religion', 'Ethnic and religious affairs'), ('public_security', 'Public security'), ('traffic_police', 'Traffic police'), ('civil_affairs', 'Civil affairs'), ('justice', 'Justice'), ('finance', 'Finance'), ('human_resources', 'Human resources and social security'), ('planning', 'Natural resources and planning'), ('environment', 'Ecology and environment'), ('housing', 'Housing and urban-rural development'), ('transport', 'Transport'), ('water', 'Water resources'), ('agriculture', 'Agriculture and rural affairs'), ('commerce', 'Commerce'), ('culture_tourism', 'Culture and tourism'), ('health', 'Health'), ('veterans', 'Veterans affairs'), ('emergency', 'Emergency management'), ('civil_defence', 'Civil air defence'), ('audit_office', 'Audit'), ('state_assets', 'State-owned assets'), ('market_supervision', 'Market supervision'), ('broadcasting', 'Radio and television'), ('sports', 'Sports'), ('statistics', 'Statistics'), ('medical_insurance', 'Medical insurance'), ('government_service', 'Government services and data'), ('local_finance', 'Local financial regulation'), ('medical_products', 'Medical products'), ('intellectual_property', 'Intellectual property'), ('urban_management', 'Urban management'), ('forestry', 'Forestry'), ('tax', 'Taxation'), ('fire', 'Fire and rescue'), ('housing_fund', 'Housing provident fund'), ('town_service_centre', 'Town or subdistrict service centre'), ('other', 'Other')], max_length=40)),
                ('level', models.PositiveSmallIntegerField()),
                ('region_path', models.CharField(max_length=80)),
                ('grams', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), default=list, size=None)),
                ('is_demo', models.BooleanField(default=False)),
                ('closed_on', models.DateField(null=True)),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region')),
            ],
            options={
                'indexes': [models.Index(fields=['region_path', 'uscc'], name='agency_subtree', opclasses=['varchar_pattern_ops', 'varchar_pattern_ops']), django.contrib.postgres.indexes.GinIndex(fields=['grams'], name='agency_grams')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_on', None), models.Q(('kind', 'other'), _negated=True)), fields=('kind', 'region'), name='agency_one_per_kind_and_region')],
            },
        ),
        migrations.CreateModel(
            name='Post',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('code', models.CharField(max_length=40)),
                ('title', models.CharField(max_length=80)),
                ('title_en', models.CharField(max_length=120)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('agency', 'code'), name='post_once_per_agency')],
            },
        ),
    ]
