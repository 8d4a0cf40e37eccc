"""The database's last line under the ledger; what was paid before is posted.

Postings and entries cannot be changed or removed, and at commit each posting has at least two
entries that sum to zero.
"""

from typing import ClassVar

from django.db import migrations, models

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
DAYS = "UPDATE payment_payment SET business_on = (paid_at AT TIME ZONE 'Asia/Shanghai')::date"
# No rule of splitting existed, so everything belonged to the collecting agency's own government.
POSTINGS = """
INSERT INTO payment_account (key, kind, channel, agency_id, region_path)
SELECT DISTINCT 'clearing:' || p.channel || ':' || b.region_path, 'clearing', p.channel,
       NULL::uuid, b.region_path
  FROM payment_payment p JOIN payment_bill b ON b.id = p.bill_id
UNION
SELECT DISTINCT 'surplus:' || p.channel || ':' || b.region_path, 'surplus', p.channel,
       NULL::uuid, b.region_path
  FROM payment_payment p JOIN payment_bill b ON b.id = p.bill_id WHERE p.kind = 'surplus'
UNION
SELECT DISTINCT 'income:' || b.collecting_agency_id || ':' || b.region_path, 'income', '',
       b.collecting_agency_id, b.region_path
  FROM payment_payment p JOIN payment_bill b ON b.id = p.bill_id WHERE p.kind = 'settlement';

INSERT INTO payment_posting (id, created_at, kind, cause_kind, cause_id, business_on, posted_at,
                             posted_by, note)
SELECT gen_random_uuid(), now(), p.kind, 'payment', p.id, p.business_on, p.recorded_at,
       p.recorded_by, ''
  FROM payment_payment p;

INSERT INTO payment_entry (id, created_at, posting_id, account_id, amount_fen, fee_code,
                           business_on)
SELECT gen_random_uuid(), now(), posting.id, 'clearing:' || p.channel || ':' || b.region_path,
       p.amount_fen, '', p.business_on
  FROM payment_posting posting JOIN payment_payment p ON p.id = posting.cause_id
  JOIN payment_bill b ON b.id = p.bill_id
UNION ALL
SELECT gen_random_uuid(), now(), posting.id, 'surplus:' || p.channel || ':' || b.region_path,
       -p.amount_fen, '', p.business_on
  FROM payment_posting posting JOIN payment_payment p ON p.id = posting.cause_id
  JOIN payment_bill b ON b.id = p.bill_id WHERE p.kind = 'surplus'
UNION ALL
SELECT gen_random_uuid(), now(), posting.id,
       'income:' || b.collecting_agency_id || ':' || b.region_path, -sum(c.amount_fen), c.code,
       p.business_on
  FROM payment_posting posting JOIN payment_payment p ON p.id = posting.cause_id
  JOIN payment_bill b ON b.id = p.bill_id JOIN payment_charge c ON c.bill_id = b.id
 WHERE p.kind = 'settlement' AND c.amount_fen <> 0
 GROUP BY posting.id, b.collecting_agency_id, b.region_path, c.code, p.business_on;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("payment", "0002_ledger")]

    operations: ClassVar = [
        migrations.RunSQL(DAYS, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="payment", name="business_on", field=models.DateField()
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RunSQL(POSTINGS, migrations.RunSQL.noop),
    ]
