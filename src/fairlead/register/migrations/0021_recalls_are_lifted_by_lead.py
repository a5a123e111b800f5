"""A recall is lifted for one lead at a time; incidents that concern every country are seen in every country."""

from __future__ import annotations

from django.db import migrations, models

INCIDENTS = """
DROP POLICY need_to_know ON register_incidentrow;
CREATE POLICY need_to_know ON register_incidentrow TO fairlead_app
  USING (scope = ANY ((SELECT fairlead_scopes())::text[])
         OR (country = '*' AND operation_id = ANY (
           (SELECT array_agg(split_part(s, '/', 1)) FROM unnest(fairlead_scopes()) s)::text[])))
  WITH CHECK (scope = ANY ((SELECT fairlead_scopes())::text[]));
"""


class Migration(migrations.Migration):
    """Forward only. Who had asked for a recall to be lifted asks again: for which lead was not kept."""

    dependencies = [("register", "0020_liaisons_see_what_was_released")]
    operations = [
        migrations.AddField("recallrow", "lifts", models.JSONField(default=dict)),
        migrations.RemoveField("recallrow", "asked_by"),
        migrations.RemoveField("recallrow", "asked_reason"),
        migrations.RunSQL(INCIDENTS),
    ]
