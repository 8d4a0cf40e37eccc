"""The database's last line under the ledger.

Postings and entries cannot be changed or removed, and at commit each posting has at least two
entries that sum to zero.
"""

from django.db import migrations

GUARDS = """
CREATE FUNCTION payment_ledger_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER payment_posting_stays BEFORE UPDATE OR DELETE ON payment_posting
    FOR EACH ROW EXECUTE FUNCTION payment_ledger_stays();
CREATE TRIGGER payment_entry_stays BEFORE UPDATE OR DELETE ON payment_entry
    FOR EACH ROW EXECUTE FUNCTION payment_ledger_stays();

CREATE FUNCTION payment_posting_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    posting uuid;
    total numeric;
    sides bigint;
BEGIN
    IF TG_TABLE_NAME = 'payment_posting' THEN posting := NEW.id; ELSE posting := NEW.posting_id;
    END IF;
    SELECT coalesce(sum(amount_fen), 0), count(*) INTO total, sides
        FROM payment_entry WHERE posting_id = posting;
    IF total <> 0 OR sides < 2 THEN
        RAISE EXCEPTION 'posting % does not balance: % fen over % entries', posting, total, sides
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payment_posting_balances AFTER INSERT ON payment_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payment_posting_balances();
CREATE CONSTRAINT TRIGGER payment_entry_balances AFTER INSERT ON payment_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payment_posting_balances();
"""
NO_GUARDS = """
DROP TRIGGER payment_posting_stays ON payment_posting;
DROP TRIGGER payment_entry_stays ON payment_entry;
DROP TRIGGER payment_posting_balances ON payment_posting;
DROP TRIGGER payment_entry_balances ON payment_entry;
DROP FUNCTION payment_ledger_stays();
DROP FUNCTION payment_posting_balances();
"""


class Migration(migrations.Migration):
    dependencies = [("payment", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, NO_GUARDS)]
