"""What officers opened is kept as it was written: rows are added, never changed or taken out."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER audit_look_only_grows BEFORE UPDATE OR DELETE ON audit_look
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_look_no_truncate BEFORE TRUNCATE ON audit_look
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE 'test\\_%')
    EXECUTE FUNCTION audit_refuse();
"""

BACKWARD = """
DROP TRIGGER audit_look_no_truncate ON audit_look;
DROP TRIGGER audit_look_only_grows ON audit_look;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_look")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
