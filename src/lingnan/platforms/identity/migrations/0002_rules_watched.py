"""Processes hold the rules in force (`kernel.held`): triggers tell them of changes.

The set has a revision from the start, for installations where no rule is ever set.
"""

from django.db import migrations

from lingnan.kernel.held import watching

BEGIN = "INSERT INTO kernel_tablerevision VALUES ('identity_rules', gen_random_uuid());"
END = "DELETE FROM kernel_tablerevision WHERE name = 'identity_rules';"


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial"), ("kernel", "0002_table_revision")]
    operations = [
        migrations.RunSQL(*watching("identity_rules", "identity_rule")),
        migrations.RunSQL(BEGIN, END),
    ]
