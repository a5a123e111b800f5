"""A liaison officer sees the versions of leads that two officers released to the country, and nothing before that."""

from __future__ import annotations

from django.db import migrations

# The same as fairlead_scopes of migration 0006, without grants of roles that see what was released only.
FUNCTIONS = """
CREATE FUNCTION fairlead_own_scopes() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public AS $$
  SELECT coalesce(array_agg(DISTINCT scope), '{}') FROM (
    SELECT g.operation_id || '/' || g.country AS scope
      FROM register_grant g
     WHERE g.user_id = fairlead_user() AND g.role NOT IN ('press', 'liaison')
       AND (g.expires_at IS NULL OR g.expires_at > now())
    UNION
    SELECT g.operation_id || '/' || p.country
      FROM register_grant g JOIN register_participant p ON p.operation_id = g.operation_id
     WHERE g.country = '*' AND g.user_id = fairlead_user() AND g.role NOT IN ('press', 'liaison')
       AND (g.expires_at IS NULL OR g.expires_at > now())
  ) granted
$$;
CREATE FUNCTION fairlead_released(asked text, land text, named text, numbered integer) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
  SELECT EXISTS (
    SELECT FROM register_packagerow p
     WHERE p.operation_id = asked AND p.country = land AND p.leads -> named = to_jsonb(numbered)
       AND NOT EXISTS (
         SELECT FROM register_recallrow r
          WHERE r.operation_id = asked AND r.country = land AND r.package = p.package
            AND (r.leads = '[]'::jsonb OR r.leads ? named)))
$$;
"""

LEADS = """
DROP POLICY need_to_know ON {table};
CREATE POLICY need_to_know ON {table} TO fairlead_app
  USING (scope = ANY ((SELECT fairlead_scopes())::text[])
         AND (scope = ANY ((SELECT fairlead_own_scopes())::text[])
              OR fairlead_released(operation_id, country, lead, version)))
  WITH CHECK (scope = ANY ((SELECT fairlead_own_scopes())::text[]));
"""

BEFORE = """
DROP POLICY need_to_know ON {table};
CREATE POLICY need_to_know ON {table} TO fairlead_app
  USING (scope = ANY ((SELECT fairlead_own_scopes())::text[]))
  WITH CHECK (scope = ANY ((SELECT fairlead_own_scopes())::text[]));
"""


class Migration(migrations.Migration):
    """Forward only."""

    dependencies = [("register", "0019_a_release_is_signed_when_prepared")]
    operations = [
        migrations.RunSQL(FUNCTIONS),
        *(
            migrations.RunSQL(LEADS.format(table=f"register_{name}"))
            for name in ("leadrow", "leadversionrow")
        ),
        *(
            migrations.RunSQL(BEFORE.format(table=f"register_{name}"))
            for name in ("preparedrow", "holdrow", "categoryrow", "judgementrow")
        ),
    ]
