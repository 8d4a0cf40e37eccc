"""Nothing ever closed a source: that it is open said nothing."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("credit", "0008_intake_at_the_desk")]

    operations: ClassVar = [migrations.RemoveField("creditsource", "is_open")]
