"""Row-level security for what people decide in the workbench; the press sees released figures only."""

from __future__ import annotations

from django.db import migrations

SCOPED = (
    "register_reviewrow",
    "register_boardrow",
    "register_incidentrow",
    "register_preparedrow",
    "register_jobrow",
)
ADDED_ONLY = ("register_reviewrow", "register_boardrow", "register_incidentrow")
MEMBERED = ("register_actiondayrow", "register_releasedfiguresrow")

# The same as in migration 0002, without grants of roles that see no row.
SCOPES = """
CREATE OR REPLACE FUNCTION fairlead_scopes() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public AS $$
  SELECT coalesce(array_agg(DISTINCT scope), '{}') FROM (
    SELECT g.operation_id || '/' || g.country AS scope
      FROM register_grant g
     WHERE g.user_id = fairlead_user() AND g.role <> 'press'
       AND (g.expires_at IS NULL OR g.expires_at > now())
    UNION
    SELECT g.operation_id || '/' || p.country
      FROM register_grant g JOIN register_participant p ON p.operation_id = g.operation_id
     WHERE g.country = '*' AND g.user_id = fairlead_user() AND g.role <> 'press'
       AND (g.expires_at IS NULL OR g.expires_at > now())
  ) granted
$$;
"""

TABLE = """
ALTER TABLE {table} ADD COLUMN scope text GENERATED ALWAYS AS (operation_id || '/' || country) STORED;
CREATE INDEX {table}_scope ON {table} (scope);
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY need_to_know ON {table} TO fairlead_app
  USING (scope = ANY ((SELECT fairlead_scopes())::text[]))
  WITH CHECK (scope = ANY ((SELECT fairlead_scopes())::text[]));
GRANT SELECT, INSERT, UPDATE ON {table} TO fairlead_app;
"""

MEMBERS = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY members ON {table} FOR SELECT TO fairlead_app
  USING (operation_id = ANY ((SELECT fairlead_operations())::text[]));
GRANT SELECT ON {table} TO fairlead_app;
"""

# A group's exposure is told only when five people or more make it up; nobody's own figures leave them.
EXPOSURE = """
ALTER TABLE register_exposurerow ENABLE ROW LEVEL SECURITY;
ALTER TABLE register_exposurerow FORCE ROW LEVEL SECURITY;
CREATE POLICY own_exposure ON register_exposurerow TO fairlead_app
  USING (user_id = fairlead_user()) WITH CHECK (user_id = fairlead_user());
GRANT SELECT, INSERT, UPDATE (seconds) ON register_exposurerow TO fairlead_app;
CREATE FUNCTION fairlead_group_exposure(asked text) RETURNS TABLE (people bigint, views bigint, seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT count(DISTINCT user_id), count(*), sum(e.seconds) FROM register_exposurerow e
   WHERE operation_id = asked AND asked || '/*' = ANY (fairlead_scopes())
  HAVING count(DISTINCT user_id) >= 5
$$;
GRANT SELECT, UPDATE (used_at) ON register_signinlink TO fairlead_app;
"""


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0005_workbench_decisions")]
    operations = [
        migrations.RunSQL(SCOPES),
        *(migrations.RunSQL(TABLE.format(table=table)) for table in SCOPED),
        *(migrations.RunSQL(f"REVOKE UPDATE, DELETE ON {table} FROM fairlead_app") for table in ADDED_ONLY),
        *(migrations.RunSQL(MEMBERS.format(table=table)) for table in MEMBERED),
        migrations.RunSQL(EXPOSURE),
        migrations.RunSQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO fairlead_app"),
    ]
