import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Key',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('purpose', models.CharField(max_length=120)),
                ('algorithm', models.CharField(choices=[('sm2', 'SM2'), ('sm4', 'SM4'), ('hmac-sm3', 'HMAC-SM3'), ('es256', 'ECDSA P-256')], max_length=8)),
                ('state', models.CharField(choices=[('active', 'Active'), ('retired', 'Retired'), ('destroyed', 'Destroyed')], default='active', max_length=9)),
                ('wrapped', models.BinaryField()),
                ('public_point', models.BinaryField(blank=True, default=b'')),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'active'), models.Q(('algorithm__in', ('sm2', 'es256')), _negated=True)), fields=('purpose', 'algorithm'), name='crypto_key_one_active_per_purpose'), models.CheckConstraint(condition=models.Q(('state', 'active'), ('retired_at__isnull', False), _connector='OR'), name='crypto_key_retired_has_instant')],
            },
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('role', models.CharField(choices=[('root', 'Root'), ('intermediate', 'Intermediate'), ('signer', 'Signer')], max_length=12)),
                ('algorithm', models.CharField(choices=[('sm2', 'SM2'), ('sm4', 'SM4'), ('hmac-sm3', 'HMAC-SM3'), ('es256', 'ECDSA P-256')], default='sm2', max_length=8)),
                ('serial_number', models.CharField(max_length=40, unique=True)),
                ('subject', models.CharField(max_length=400)),
                ('der', models.BinaryField()),
                ('not_before', models.DateTimeField()),
                ('not_after', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('revocation_reason', models.CharField(blank=True, choices=[('unspecified', 'unspecified'), ('key_compromise', 'the key may be known to others'), ('affiliation_changed', "the holder's name or post changed"), ('superseded', 'replaced by another certificate'), ('cessation_of_operation', 'no longer needed')], default='', max_length=24)),
                ('superseded_at', models.DateTimeField(blank=True, null=True)),
                ('issuer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crypto.certificate')),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crypto.key')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('revoked_at__isnull', False)), fields=['issuer', 'revoked_at'], name='crypto_certificate_revoked')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('role', 'root'), ('superseded_at__isnull', True)), fields=('role', 'algorithm'), name='crypto_certificate_one_root'), models.UniqueConstraint(condition=models.Q(('role', 'intermediate'), ('superseded_at__isnull', True)), fields=('role', 'algorithm'), name='crypto_certificate_one_intermediate'), models.CheckConstraint(condition=models.Q(('role', 'root'), ('issuer__isnull', False), _connector='OR'), name='crypto_certificate_has_issuer'), models.CheckConstraint(condition=models.Q(models.Q(('revocation_reason', ''), ('revoked_at__isnull', True)), models.Q(('revoked_at__isnull', False), models.Q(('revocation_reason', ''), _negated=True)), _connector='OR'), name='crypto_certificate_revoked_with_reason')],
            },
        ),
        migrations.CreateModel(
            name='RevocationList',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('number', models.PositiveBigIntegerField()),
                ('der', models.BinaryField()),
                ('this_update', models.DateTimeField()),
                ('next_update', models.DateTimeField()),
                ('issuer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crypto.certificate')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('issuer', 'number'), name='crypto_revocation_list_number_once'), models.CheckConstraint(condition=models.Q(('next_update__gt', models.F('this_update'))), name='crypto_revocation_list_in_order')],
            },
        ),
    ]
