import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crypto', '0002_devices'),
    ]

    operations = [
        migrations.AlterField(
            model_name='devicesignature',
            name='key',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crypto.key'),
        ),
    ]
