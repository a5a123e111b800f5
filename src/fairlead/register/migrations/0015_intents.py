"""Intents of changes, written before the change, with row-level security."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

RIGHTS = """
ALTER TABLE register_intentrow ADD COLUMN scope text
  GENERATED ALWAYS AS (operation_id || '/' || country) STORED;
CREATE INDEX register_intentrow_scope ON register_intentrow (scope, country, operation_id);
CREATE INDEX register_intentrow_open ON register_intentrow (operation_id, verb, about) WHERE state = 'open';
ALTER TABLE register_intentrow ENABLE ROW LEVEL SECURITY;
ALTER TABLE register_intentrow FORCE ROW LEVEL SECURITY;
CREATE POLICY need_to_know ON register_intentrow TO fairlead_app
  USING (scope = ANY ((SELECT fairlead_scopes())::text[]))
  WITH CHECK (scope = ANY ((SELECT fairlead_scopes())::text[]));
REVOKE ALL ON register_intentrow FROM fairlead_app;
GRANT SELECT, INSERT, UPDATE (state, ended_at, code, entry, kept) ON register_intentrow TO fairlead_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO fairlead_app;
"""


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0014_a_release_keeps_its_recipients")]
    operations = [
        migrations.CreateModel(
            name="IntentRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("country", models.CharField(default="*", max_length=2)),
                ("verb", models.CharField(max_length=48)),
                ("about", models.CharField(max_length=64)),
                ("arguments", models.CharField(max_length=64)),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("state", models.CharField(default="open", max_length=12)),
                ("code", models.CharField(default="", max_length=40)),
                ("entry", models.BigIntegerField(null=True)),
                ("kept", models.JSONField(default=dict)),
                ("process", models.CharField(default="", max_length=80)),
                (
                    "operation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="register.operationrow"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.RunSQL(RIGHTS),
    ]
