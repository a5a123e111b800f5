"""Row-level security, the application's role, and the append-only ledger."""

from __future__ import annotations

from django.db import migrations

SCOPED = ("register_custodyrow", "register_judgementrow", "register_leadrow", "register_packagerow")

ROLE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fairlead_app') THEN
    CREATE ROLE fairlead_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
  END IF;
END $$;
GRANT USAGE ON SCHEMA public TO fairlead_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO fairlead_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO fairlead_app;
REVOKE INSERT, UPDATE, DELETE ON register_grant, register_operation, register_participant FROM fairlead_app;
REVOKE UPDATE, DELETE, TRUNCATE ON register_ledger FROM fairlead_app;
REVOKE DELETE, TRUNCATE ON register_ledgerdetail, register_custodyrow, register_judgementrow FROM fairlead_app;
REVOKE UPDATE ON register_custodyrow, register_judgementrow FROM fairlead_app;
"""

SCOPES = """
CREATE FUNCTION fairlead_user() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('fairlead.user', true), '')::bigint
$$;
CREATE FUNCTION fairlead_scopes() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public AS $$
  SELECT coalesce(array_agg(DISTINCT scope), '{}') FROM (
    SELECT g.operation_id || '/' || g.country AS scope
      FROM register_grant g
     WHERE g.user_id = fairlead_user() AND (g.expires_at IS NULL OR g.expires_at > now())
    UNION
    SELECT g.operation_id || '/' || p.country
      FROM register_grant g JOIN register_participant p ON p.operation_id = g.operation_id
     WHERE g.country = '*' AND g.user_id = fairlead_user()
       AND (g.expires_at IS NULL OR g.expires_at > now())
  ) granted
$$;
CREATE FUNCTION fairlead_operations() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public AS $$
  SELECT coalesce(array_agg(DISTINCT operation_id), '{}') FROM register_grant
   WHERE user_id = fairlead_user() AND (expires_at IS NULL OR expires_at > now())
$$;
"""

OPERATIONS = """
ALTER TABLE register_operation ENABLE ROW LEVEL SECURITY;
ALTER TABLE register_operation FORCE ROW LEVEL SECURITY;
CREATE POLICY need_to_know ON register_operation TO fairlead_app
  USING (slug = ANY ((SELECT fairlead_operations())::text[]));
ALTER TABLE register_participant ENABLE ROW LEVEL SECURITY;
ALTER TABLE register_participant FORCE ROW LEVEL SECURITY;
CREATE POLICY need_to_know ON register_participant TO fairlead_app
  USING (operation_id = ANY ((SELECT fairlead_operations())::text[]));
ALTER TABLE register_grant ENABLE ROW LEVEL SECURITY;
ALTER TABLE register_grant FORCE ROW LEVEL SECURITY;
CREATE POLICY own_grants ON register_grant FOR SELECT TO fairlead_app USING (user_id = fairlead_user());
"""

TABLE = """
ALTER TABLE {table} ADD COLUMN scope text GENERATED ALWAYS AS (operation_id || '/' || country) STORED;
CREATE INDEX {table}_scope ON {table} (scope);
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY need_to_know ON {table} TO fairlead_app
  USING (scope = ANY ((SELECT fairlead_scopes())::text[]))
  WITH CHECK (scope = ANY ((SELECT fairlead_scopes())::text[]));
"""

LEDGER = """
CREATE FUNCTION fairlead_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'LEDGER-APPEND: entries of the ledger are never changed or removed';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON register_ledger
  FOR EACH ROW EXECUTE FUNCTION fairlead_refuse();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON register_ledger
  FOR EACH STATEMENT EXECUTE FUNCTION fairlead_refuse();
"""


class Migration(migrations.Migration):
    """Forward only: a register is never taken back to a state without need-to-know."""

    dependencies = [("register", "0001_initial")]
    operations = [
        migrations.RunSQL(ROLE),
        migrations.RunSQL(SCOPES),
        migrations.RunSQL(OPERATIONS),
        *(migrations.RunSQL(TABLE.format(table=table)) for table in SCOPED),
        migrations.RunSQL(LEDGER),
    ]
