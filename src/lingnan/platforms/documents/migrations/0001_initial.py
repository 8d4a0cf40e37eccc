import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='StoredFile',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner_kind', models.CharField(max_length=64)),
                ('owner_id', models.UUIDField()),
                ('name', models.CharField(max_length=200)),
                ('media_type', models.CharField(max_length=100)),
                ('size_bytes', models.PositiveBigIntegerField()),
                ('digest_sm3', models.CharField(max_length=64)),
                ('digest_sha256', models.CharField(max_length=64)),
                ('data_class', models.CharField(choices=[('public', 'Public'), ('internal', 'Internal'), ('personal', 'Personal'), ('sensitive', 'Sensitive')], max_length=9)),
                ('stored_by', models.CharField(blank=True, default='', max_length=100)),
                ('stored_by_account_id', models.UUIDField(null=True)),
                ('stored_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['owner_kind', 'owner_id'], name='stored_file_by_owner'), models.Index(fields=['digest_sm3'], name='stored_file_by_digest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('size_bytes__gt', 0)), name='stored_file_not_empty'), models.CheckConstraint(condition=models.Q(('digest_sm3__regex', '^[0-9a-f]{64}$'), ('digest_sha256__regex', '^[0-9a-f]{64}$')), name='stored_file_digest_form')],
            },
        ),
    ]
