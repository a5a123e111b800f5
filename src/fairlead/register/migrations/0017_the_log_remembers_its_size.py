"""How many entries the log ever had, kept apart from the entries by the database itself."""

from __future__ import annotations

from django.db import migrations

SIZE = """
CREATE TABLE register_ledgersize (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  entries bigint NOT NULL
);
INSERT INTO register_ledgersize (entries) SELECT coalesce(max(index) + 1, 0) FROM register_ledger;
CREATE FUNCTION fairlead_count_entries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public AS $$
BEGIN
  UPDATE register_ledgersize SET entries = greatest(entries, (SELECT max(index) + 1 FROM register_ledger));
  RETURN NULL;
END $$;
CREATE TRIGGER counted AFTER INSERT ON register_ledger
  FOR EACH STATEMENT EXECUTE FUNCTION fairlead_count_entries();
CREATE FUNCTION fairlead_never_fewer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.entries >= OLD.entries THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'LEDGER-SIZE: the log never becomes shorter';
END $$;
CREATE TRIGGER never_fewer BEFORE UPDATE OR DELETE ON register_ledgersize
  FOR EACH ROW EXECUTE FUNCTION fairlead_never_fewer();
REVOKE ALL ON register_ledgersize FROM fairlead_app;
GRANT SELECT ON register_ledgersize TO fairlead_app;
"""


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0016_published_is_frozen")]
    operations = [migrations.RunSQL(SIZE)]
