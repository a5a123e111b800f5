"""The program's role changes no personal part of an entry: it asks the database to erase one, which checks for whom."""

from __future__ import annotations

from django.db import migrations

ERASING = """
CREATE FUNCTION fairlead_erase_detail(entry bigint, operation text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF NOT operation = ANY (fairlead_operations()) THEN
    RETURN false;
  END IF;
  UPDATE register_ledgerdetail d SET salt = NULL, detail = NULL
    FROM register_ledger l
   WHERE l.index = entry AND d.entry_id = l.index AND l."case" = operation AND l.what <> 'ledger.erase'
     AND d.detail IS NOT NULL;
  RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION fairlead_erase_detail(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fairlead_erase_detail(bigint, text) TO fairlead_app;
REVOKE UPDATE, DELETE, TRUNCATE ON register_ledgerdetail FROM fairlead_app;
"""


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0017_the_log_remembers_its_size")]
    operations = [migrations.RunSQL(ERASING)]
