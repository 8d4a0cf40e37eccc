"""An idempotency key's owner names the post and the mandate too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0003_table_revision")]

    operations = [
        migrations.AlterField(
            model_name="idempotencykey",
            name="owner",
            field=models.CharField(max_length=140),
        ),
    ]
