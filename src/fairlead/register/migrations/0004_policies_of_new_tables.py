"""Row-level security for versions, outcomes, recalls and holds."""

from __future__ import annotations

from django.db import migrations

SCOPED = (
    "register_leadversionrow",
    "register_outcomerow",
    "register_recallrow",
    "register_holdrow",
)

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


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0003_outcomes_recalls_holds")]
    operations = [
        *(migrations.RunSQL(TABLE.format(table=table)) for table in SCOPED),
        migrations.RunSQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO fairlead_app"),
        migrations.RunSQL("REVOKE UPDATE, DELETE ON register_leadversionrow FROM fairlead_app"),
        migrations.RunSQL("REVOKE UPDATE (sha256, lead) ON register_outcomerow FROM fairlead_app"),
    ]
