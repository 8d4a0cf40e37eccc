import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Block',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('first_seq', models.BigIntegerField(unique=True)),
                ('last_seq', models.BigIntegerField(unique=True)),
                ('previous_head', models.BinaryField()),
                ('head', models.BinaryField()),
                ('sealed_at', models.DateTimeField()),
                ('key_id', models.UUIDField()),
                ('mac', models.BinaryField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('last_seq__gte', models.F('first_seq'))), name='audit_block_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('act', models.CharField(max_length=100)),
                ('object_kind', models.CharField(max_length=60)),
                ('object_id', models.CharField(max_length=80)),
                ('outcome', models.CharField(default='ok', max_length=10)),
                ('actor_kind', models.CharField(max_length=10)),
                ('actor_id', models.CharField(blank=True, default='', max_length=36)),
                ('actor_name', models.CharField(blank=True, default='', max_length=200)),
                ('agency_id', models.UUIDField(blank=True, null=True)),
                ('region_path', models.CharField(blank=True, default='', max_length=120)),
                ('principal_kind', models.CharField(blank=True, default='', max_length=12)),
                ('principal_id', models.CharField(blank=True, default='', max_length=36)),
                ('principal_name', models.CharField(blank=True, default='', max_length=200)),
                ('mandate_id', models.UUIDField(blank=True, null=True)),
                ('session_id', models.UUIDField(blank=True, null=True)),
                ('address', models.CharField(blank=True, default='', max_length=64)),
                ('facts', models.JSONField(blank=True, default=dict)),
                ('mac_key_id', models.UUIDField()),
                ('mac', models.BinaryField()),
                ('seal_seq', models.BigIntegerField(blank=True, null=True)),
                ('chain_hash', models.BinaryField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['at', 'id'], name='audit_entry_by_time'), models.Index(fields=['object_kind', 'object_id', 'at'], name='audit_entry_by_object'), models.Index(fields=['actor_id', 'at'], name='audit_entry_by_actor'), models.Index(fields=['act', 'at'], name='audit_entry_by_act'), models.Index(condition=models.Q(('seal_seq__isnull', True)), fields=['id'], name='audit_entry_unsealed')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('seal_seq__isnull', False)), fields=('seal_seq',), name='audit_entry_one_per_seq'), models.CheckConstraint(condition=models.Q(models.Q(('chain_hash__isnull', True), ('seal_seq__isnull', True)), models.Q(('chain_hash__isnull', False), ('seal_seq__isnull', False)), _connector='OR'), name='audit_entry_sealed_whole')],
            },
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('hour', models.DateTimeField()),
                ('officer_id', models.UUIDField()),
                ('officer_name', models.CharField(max_length=200)),
                ('agency_id', models.UUIDField(blank=True, null=True)),
                ('subject_kind', models.CharField(max_length=12)),
                ('subject_id', models.UUIDField()),
                ('object_kind', models.CharField(max_length=60)),
                ('object_id', models.UUIDField()),
                ('title', models.JSONField(blank=True, default=dict)),
                ('number', models.CharField(blank=True, default='', max_length=80)),
                ('item_code', models.CharField(blank=True, default='', max_length=33)),
                ('purpose', models.CharField(blank=True, default='', max_length=200)),
            ],
            options={
                'indexes': [models.Index(fields=['subject_id', 'subject_kind', '-at', '-id'], name='audit_look_by_subject')],
                'constraints': [models.UniqueConstraint(fields=('officer_id', 'object_id', 'object_kind', 'hour'), name='audit_look_once_an_hour')],
            },
        ),
    ]
