"""Timeline and clock events are only ever added: the database refuses change and removal."""

from django.db import migrations

TABLES = ("workflow_timelineentry", "workflow_clockevent")

FORWARD = """
CREATE FUNCTION workflow_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME;
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION workflow_refuse_change();
"""
    for table in TABLES
)
BACKWARD = (
    "".join(f"DROP TRIGGER {table}_append_only ON {table};\n" for table in TABLES)
    + "DROP FUNCTION workflow_refuse_change();"
)


class Migration(migrations.Migration):
    dependencies = [("workflow", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
