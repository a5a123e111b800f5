"""Who asks cannot be said by SQL alone; the program's role changes nothing that was decided; the owner is not bound."""

from __future__ import annotations

from django.db import migrations

# One row for each workspace that works with this database: what it proves with that it speaks for a user.
KEYS = """
CREATE TABLE fairlead_session_key (
  id text PRIMARY KEY,
  outer_key bytea NOT NULL CHECK (octet_length(outer_key) = 64),
  inner_key bytea NOT NULL CHECK (octet_length(inner_key) = 64)
);
REVOKE ALL ON fairlead_session_key FROM PUBLIC, fairlead_app;
"""

# `fairlead.user` is user:key:proof. The proof is a keyed digest of the user, this connection's process and the moment at
# which this transaction began, so that what holds here holds nowhere else and not for longer.
USER = """
CREATE OR REPLACE FUNCTION fairlead_user() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
  SELECT s.said[1]::bigint
    FROM (SELECT string_to_array(nullif(current_setting('fairlead.user', true), ''), ':') AS said) s
    JOIN public.fairlead_session_key k ON k.id = s.said[2]
   WHERE s.said[1] ~ '^[0-9]{1,18}$'
     AND s.said[3] = encode(sha256(k.outer_key || sha256(k.inner_key || convert_to(
           s.said[1] || '/' || pg_backend_pid() || '/' || (extract(epoch FROM now()) * 1000000)::bigint, 'UTF8'))), 'hex')
$$;
"""

# A digest is taken once for each statement, and not once for each row that is looked at.
ONCE = """
DO $$
DECLARE told text;
BEGIN
  FOR told IN
    SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname = 'public' AND p.proname <> 'fairlead_user' AND p.prosrc LIKE '%= fairlead_user()%'
  LOOP
    EXECUTE replace(told, '= fairlead_user()', '= (SELECT fairlead_user())');
  END LOOP;
END $$;
ALTER POLICY own_grants ON register_grant USING (user_id = (SELECT fairlead_user()));
ALTER POLICY own_exposure ON register_exposurerow
  USING (user_id = (SELECT fairlead_user())) WITH CHECK (user_id = (SELECT fairlead_user()));
ALTER POLICY own_settings ON register_ownsettings
  USING (user_id = (SELECT fairlead_user())) WITH CHECK (user_id = (SELECT fairlead_user()));
"""

DETAILS = """
ALTER TABLE register_ledgerdetail ENABLE ROW LEVEL SECURITY;
CREATE POLICY added ON register_ledgerdetail FOR INSERT TO fairlead_app WITH CHECK (true);
CREATE POLICY need_to_know ON register_ledgerdetail FOR SELECT TO fairlead_app USING (EXISTS (
  SELECT FROM register_ledger l WHERE l.index = entry_id AND (
    l."case" = ANY ((SELECT fairlead_operations())::text[])
    OR (l."case" = '' AND cardinality((SELECT fairlead_operations())::text[]) > 0))));
"""

# The owner of the tables may switch row-level security off anyway. Bound by it, an owner that is no superuser sees no
# row, and neither do the functions that work for it.
OWNER = """
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT oid::regclass::text FROM pg_class WHERE relforcerowsecurity LOOP
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', name);
  END LOOP;
END $$;
"""

# Whoever may make temporary tables could stand one before a table of ours, and have a function of ours run it as the
# owner: what is temporary is looked at last, and nobody but the owner makes anything here.
PLACES = """
DO $$
DECLARE ours regprocedure;
BEGIN
  FOR ours IN SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
               WHERE n.nspname = 'public' AND p.proname LIKE 'fairlead\\_%' LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', ours);
  END LOOP;
END $$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
"""

# Who writes the log takes the next index. One far away would leave a gap that no walk along the log comes across.
NEXT = """
CREATE FUNCTION fairlead_next_only() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF NEW.index <> (SELECT coalesce(max(index) + 1, 0) FROM register_ledger) THEN
    RAISE EXCEPTION 'LEDGER-NEXT: an entry of the log takes the next index';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER next_only BEFORE INSERT ON register_ledger FOR EACH ROW EXECUTE FUNCTION fairlead_next_only();
"""

RIGHTS = """
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON auth_group, auth_group_permissions, auth_permission, django_content_type,
  django_migrations, register_user_groups, register_user_user_permissions FROM fairlead_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON register_user FROM fairlead_app;
GRANT UPDATE (last_login) ON register_user TO fairlead_app;
REVOKE UPDATE, DELETE, TRUNCATE ON register_packagerow, register_holdrow, register_recallrow, register_outcomerow,
  register_preparedrow, register_jobrow FROM fairlead_app;
GRANT UPDATE (receipt) ON register_packagerow TO fairlead_app;
GRANT UPDATE (lifted_at, lifted_by) ON register_holdrow TO fairlead_app;
GRANT UPDATE (acknowledged_at, lifts) ON register_recallrow TO fairlead_app;
GRANT UPDATE (state, package, decided_by_id, decided_at, reason) ON register_preparedrow TO fairlead_app;
GRANT UPDATE (state, stage, done, total, code, changed_at) ON register_jobrow TO fairlead_app;
CREATE FUNCTION fairlead_stays_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF row_security_active('register_preparedrow') THEN  -- whoever owns the table could take the trigger away
    RAISE EXCEPTION 'RELEASE-DECIDED: what was released or given back stays so';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stays_decided BEFORE UPDATE ON register_preparedrow
  FOR EACH ROW WHEN (OLD.state IN ('released', 'returned')) EXECUTE FUNCTION fairlead_stays_decided();
"""


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0021_recalls_are_lifted_by_lead")]
    operations = [
        migrations.RunSQL(part) for part in (KEYS, USER, ONCE, DETAILS, OWNER, RIGHTS, NEXT, PLACES)
    ]
