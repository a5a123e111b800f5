"""Categories of data subject, decided by people, and the exhibits an outcome brought, with row-level security."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

RIGHTS = """
ALTER TABLE register_categoryrow ADD COLUMN scope text
  GENERATED ALWAYS AS (operation_id || '/' || country) STORED;
CREATE INDEX register_categoryrow_scope ON register_categoryrow (scope);
ALTER TABLE register_categoryrow ENABLE ROW LEVEL SECURITY;
ALTER TABLE register_categoryrow FORCE ROW LEVEL SECURITY;
CREATE POLICY need_to_know ON register_categoryrow TO fairlead_app
  USING (scope = ANY ((SELECT fairlead_scopes())::text[]))
  WITH CHECK (scope = ANY ((SELECT fairlead_scopes())::text[]));
REVOKE ALL ON register_categoryrow FROM fairlead_app;
GRANT SELECT, INSERT ON register_categoryrow TO fairlead_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO fairlead_app;
"""


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0009_rights_on_looks")]
    operations = [
        migrations.AddField(
            model_name="outcomerow", name="new_exhibits", field=models.JSONField(default=list)
        ),
        migrations.CreateModel(
            name="CategoryRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("country", models.CharField(default="*", max_length=2)),
                ("lead", models.CharField(max_length=64)),
                ("category", models.CharField(max_length=16)),
                ("reason", models.TextField()),
                ("decided_by", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "operation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="register.operationrow"
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.RunSQL(RIGHTS),
    ]
