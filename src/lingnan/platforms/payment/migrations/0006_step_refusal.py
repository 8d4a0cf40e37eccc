"""Why the work on a day stopped is kept as code and facts: each reader has it in his language."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("payment", "0005_suspense_cleared")]

    operations: ClassVar = [
        # What stopped is begun again; the words it stopped with were of one language.
        migrations.RunSQL(
            "UPDATE payment_businessday SET step = '' WHERE step = 'stopped'",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField("businessday", "step_problem"),
        migrations.AddField(
            "businessday", "step_refusal", models.JSONField(blank=True, default=dict)
        ),
    ]
