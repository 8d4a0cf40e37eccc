import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crypto', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='key',
            name='device',
            field=models.CharField(db_default='software', default='software', max_length=40),
        ),
        migrations.CreateModel(
            name='DeviceSignature',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('digest_sm3', models.CharField(max_length=64)),
                ('signature', models.BinaryField()),
                ('made_at', models.DateTimeField(db_index=True)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crypto.key')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key', 'digest_sm3'), name='crypto_device_signs_once')],
            },
        ),
    ]
