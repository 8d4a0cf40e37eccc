"""Who an officer is: taken from the account where it has a person."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def _from_accounts(apps, schema_editor):
    officer = apps.get_model("identity", "Officer")
    account = apps.get_model("identity", "Account")
    behind = account.objects.filter(pk=OuterRef("account_id")).values("person_id")[:1]
    officer.objects.filter(account__person__isnull=False).update(person_id=Subquery(behind))


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="officer",
            name="person",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="officers",
                to="identity.person",
            ),
        ),
        migrations.RunPython(_from_accounts, migrations.RunPython.noop),
    ]
