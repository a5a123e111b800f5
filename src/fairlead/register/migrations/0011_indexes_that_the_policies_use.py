"""Indexes that hold everything a policy and a list ask for, words of leads to be found, and people's own settings."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SCOPED = (
    "custodyrow", "judgementrow", "leadrow", "leadversionrow", "packagerow", "outcomerow", "recallrow", "holdrow",
    "categoryrow", "reviewrow", "boardrow", "incidentrow", "preparedrow", "jobrow",
)  # fmt: skip

# With the scope alone the database had to fetch every row that the policy lets through to see its country and
# operation: a count of the whole cost 2.1 to 2.4 times the same count without policies. With these three columns
# in the index it reads the index only.
INDEX = """
DROP INDEX register_{table}_scope;
CREATE INDEX register_{table}_scope ON register_{table} (scope, country, operation_id);
"""

ORDERS = """
CREATE INDEX register_leadrow_order ON register_leadrow (operation_id, country, lead) INCLUDE (version, grade);
CREATE INDEX register_boardrow_cell ON register_boardrow (operation_id, country, cell, at DESC, id DESC);
CREATE INDEX register_incidentrow_at ON register_incidentrow (operation_id, at DESC, id DESC);
CREATE INDEX register_reviewrow_subject ON register_reviewrow (operation_id, subject, at DESC, id DESC);
CREATE INDEX register_leadversionrow_lead ON register_leadversionrow (operation_id, lead, version);
CREATE INDEX register_ledger_case ON register_ledger ("case", "index" DESC);
CREATE INDEX register_ledger_kind ON register_ledger ("case", operation_name);
"""

WORDS = """
UPDATE register_leadrow SET words = lower(lead || ' ' || person || ' ' || coalesce((
  SELECT string_agg(coalesce(s ->> 'text', '') || ' ' || coalesce(s ->> 'value', ''), ' ')
    FROM jsonb_array_elements(body -> 'statements') s), ''));
"""

OWN = """
ALTER TABLE register_ownsettings ENABLE ROW LEVEL SECURITY;
ALTER TABLE register_ownsettings FORCE ROW LEVEL SECURITY;
CREATE POLICY own_settings ON register_ownsettings TO fairlead_app
  USING (user_id = fairlead_user()) WITH CHECK (user_id = fairlead_user());
GRANT SELECT, INSERT, UPDATE ON register_ownsettings TO fairlead_app;
"""


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0010_categories_and_exhibits_of_outcomes")]
    operations = [
        migrations.AddField(model_name="leadrow", name="words", field=models.TextField(default="")),
        migrations.CreateModel(
            name="OwnSettings",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("language", models.CharField(default="", max_length=8)),
                ("kept_away", models.JSONField(default=list)),
            ],
        ),
        *(migrations.RunSQL(INDEX.format(table=table)) for table in SCOPED),
        migrations.RunSQL(ORDERS),
        migrations.RunSQL(WORDS),
        migrations.RunSQL(OWN),
    ]
