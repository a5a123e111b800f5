"""Counts that must add up, and rows that must have their counterpart: statements over the tables."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fairlead.case.upkeep.checks.check import Check
from fairlead.case.upkeep.checks.parts import command_of
from fairlead.engine.catalogue import Catalogue
from fairlead.tables import ALL, Table

_NAMED = 20
_UNNAMED = "a row that lacks the values by which to name it"
_PROCESS = "Run `fairlead process` again."
_LOAD = "Run `fairlead records load` again; if it stays, report it with the source's name."
_ATTRIBUTE = "Run `fairlead attribute` again."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A SELECT of one column: a sentence that names each thing that is wrong."""

    question: str
    sql: str
    remedy: str


_RULES = (
    _Rule(
        question="Has every file that was found a verdict?",
        sql="""SELECT 'table files, exhibit ' || l.exhibit || ', ' || l.locator || ': listed, and no verdict'
               FROM (FROM listing WHERE volume IS NULL) l
               ANTI JOIN (FROM files WHERE verdict IS NOT NULL) f USING (exhibit, locator)
               UNION ALL SELECT 'table files, exhibit ' || f.exhibit || ', ' || f.locator || ': never listed'
               FROM files f ANTI JOIN listing l USING (exhibit, locator)""",
        remedy=_PROCESS,
    ),
    _Rule(
        question="Does every file belong to an exhibit of the operation?",
        sql="""SELECT DISTINCT 'table listing, exhibit ' || l.exhibit || ': no such exhibit'
               FROM listing l ANTI JOIN exhibits e USING (exhibit)""",
        remedy="Bring the table exhibits back from a backup.",
    ),
    _Rule(
        question="Has every file that was read its three digests?",
        sql="""SELECT 'table files, exhibit ' || exhibit || ', ' || locator || ': read, and a digest is missing'
               FROM files WHERE verdict = 'read' AND (sha256 IS NULL OR sha1 IS NULL OR md5 IS NULL)""",
        remedy=_PROCESS,
    ),
    _Rule(
        question="Has every content of a file that was read a verdict?",
        sql="""SELECT 'table contents, ' || f.sha256 || ': in an exhibit, and no verdict'
               FROM (SELECT DISTINCT sha256 FROM files WHERE verdict = 'read') f
               ANTI JOIN (FROM contents WHERE verdict IS NOT NULL) c USING (sha256)
               UNION ALL SELECT 'table contents, ' || c.sha256 || ': in no file that was read'
               FROM contents c ANTI JOIN (FROM files WHERE verdict = 'read') f USING (sha256)""",
        remedy=_PROCESS,
    ),
    _Rule(
        question="Is everything that was seen in a content in its own table?",
        sql="""SELECT 'table metadata, ' || sha256 || ': ' || coalesce(n, 0) || ' of ' || m || ' items'
               FROM (SELECT sha256, len(metadata) AS m FROM examined WHERE len(metadata) > 0)
               LEFT JOIN (SELECT sha256, count(*) AS n FROM metadata GROUP BY 1) USING (sha256)
               WHERE coalesce(n, 0) <> m
               UNION ALL SELECT 'table frames, ' || sha256 || ': ' || coalesce(n, 0) || ' of ' || m || ' frames'
               FROM (SELECT sha256, len(frames) AS m FROM examined WHERE len(frames) > 0)
               LEFT JOIN (SELECT sha256, count(*) AS n FROM frames GROUP BY 1) USING (sha256)
               WHERE coalesce(n, 0) <> m""",
        remedy=_PROCESS,
    ),
    _Rule(
        question="Is every hash set as long as its import said?",
        sql="""SELECT 'table known, hash set ' || "set" || ': ' || coalesce(n, 0) || ' of ' || entries || ' entries'
               FROM hash_sets LEFT JOIN (SELECT "set", count(*) AS n FROM known GROUP BY 1) USING ("set")
               WHERE coalesce(n, 0) <> entries
               UNION ALL SELECT DISTINCT 'table known, hash set ' || "set" || ': no settings of that set'
               FROM known ANTI JOIN hash_sets USING ("set")""",
        remedy="Import the list again with `fairlead known update`, or `fairlead known import` if it is not listed.",
    ),
    _Rule(
        question="Is every match about a content and an entry that exist, within its set's radius?",
        sql="""SELECT 'table matches, ' || m.sha256 || ', ' || m."set" || ', ' || m.entry || ': ' || CASE
                 WHEN c.sha256 IS NULL THEN 'no such content' WHEN k.entry IS NULL THEN 'no such entry'
                 ELSE 'farther than the radius' END
               FROM matches m LEFT JOIN contents c USING (sha256)
               LEFT JOIN (SELECT "set", entry FROM known UNION SELECT "set", 'vpdq:' || video FROM known) k
                 ON k."set" = m."set" AND k.entry = m.entry
               WHERE c.sha256 IS NULL OR k.entry IS NULL OR m.distance > m.threshold""",
        remedy=_PROCESS,
    ),
    _Rule(
        question="Is every agreement that was found a match, or held back?",
        sql="""SELECT 'table matches, ' || sha256 || ', ' || "set" || ', ' || entry || ': found, neither matched nor held'
               FROM found ANTI JOIN (SELECT sha256, "set", entry, frame, transform FROM matches UNION ALL
                 SELECT sha256, "set", entry, frame, transform FROM held) d
               USING (sha256, "set", entry, frame, transform)""",
        remedy=_PROCESS,
    ),
    _Rule(
        question="Is every group of contents that look alike whole?",
        sql="""SELECT 'table clusters, ' || cluster || ': ' || count(*) || ' of ' || max(size) || ' contents'
               FROM clusters GROUP BY cluster
               HAVING count(*) <> max(size) OR count(*) FILTER (WHERE representative) <> 1
               UNION ALL SELECT 'table clusters, ' || c.sha256 || ': no such content'
               FROM clusters c ANTI JOIN contents USING (sha256)""",
        remedy=_PROCESS,
    ),
    _Rule(
        question="Is every weighed origin about a content that exists?",
        sql="""SELECT 'table origins_of, ' || sha256 || ': no such content'
               FROM origins_of ANTI JOIN contents USING (sha256)
               UNION ALL SELECT DISTINCT 'table signals, ' || sha256 || ': a signal, and no weighed origin'
               FROM signals ANTI JOIN origins_of USING (sha256)""",
        remedy=_PROCESS,
    ),
    _Rule(
        question="Does every record file add up: lines in = parsed + quarantined + skipped?",
        sql="""SELECT 'table sources, ' || source || ', exhibit ' || exhibit || ', ' || locator || ': ' || lines_in
               || ' lines in, ' || lines_parsed || ' + ' || lines_quarantined || ' + ' || lines_skipped
               FROM sources WHERE lines_in <> lines_parsed + lines_quarantined + lines_skipped""",
        remedy=_LOAD,
    ),
    _Rule(
        question="Does the quarantine hold what each record file lost?",
        sql="""SELECT 'table quarantine, ' || source || ', exhibit ' || exhibit || ': ' || coalesce(n, 0) || ' of '
               || lost || ' lines'
               FROM (SELECT source, exhibit, sum(lines_quarantined) AS lost FROM sources GROUP BY ALL)
               FULL JOIN (SELECT source, exhibit, count(*) AS n FROM quarantine GROUP BY ALL)
               USING (source, exhibit) WHERE coalesce(n, 0) <> coalesce(lost, 0)""",
        remedy=_LOAD,
    ),
    _Rule(
        question="Did a second count find as many lines or rows in every record file as its reader?",
        sql="""SELECT 'table readings, ' || source || ', exhibit ' || exhibit || ', ' || locator || ': '
               || rows_read || ' read, ' || rows_counted || ' counted'
               FROM readings WHERE places_unknown = 0 AND rows_counted <> rows_read""",
        remedy="Compare the file with what was read of it, and report the difference with the source's name.",
    ),
    _Rule(
        question="Is every value of a kept row that could not be read where it is seen?",
        sql="""SELECT 'table unread_values, ' || source || ', exhibit ' || exhibit || ': ' || coalesce(n, 0) || ' of '
               || unread || ' values'
               FROM (SELECT source, exhibit, sum(fields_unread) AS unread
                     FROM sources SEMI JOIN readings USING (source, exhibit, locator) GROUP BY ALL)
               FULL JOIN (SELECT source, exhibit, count(*) AS n FROM unread_values GROUP BY ALL)
               USING (source, exhibit) WHERE coalesce(n, 0) <> coalesce(unread, 0)""",
        remedy=_LOAD,
    ),
    _Rule(
        question="Could every value of every mapped column be read?",
        sql="""SELECT 'table unread_values, ' || source || coalesce(', table ' || "table", '') || ', ' || role || ': '
               || count(*) || ' values, ' || min(reason)
               FROM unread_values GROUP BY source, "table", role""",
        remedy="Correct the mapping (format, zone, values of that role) and load again; what stays unreadable is listed "
        "by `fairlead table unread_values`, and its rows are kept.",
    ),
    _Rule(
        question="Is every act that of an account that exists?",
        sql="""SELECT 'table acts, ' || act || ': no such account' FROM acts a
               WHERE a.account IS NOT NULL AND NOT EXISTS (FROM accounts b WHERE b.account = a.account)""",
        remedy=_LOAD,
    ),
    _Rule(
        question="Is every exhibit stated to be from the holder of an account that exists?",
        sql="""SELECT 'table holders, exhibit ' || exhibit || ': account ' || account || ' is not in the records'
               FROM holders ANTI JOIN accounts USING (account)
               UNION ALL SELECT 'table holders, exhibit ' || exhibit || ': no such exhibit'
               FROM holders ANTI JOIN exhibits USING (exhibit)""",
        remedy="Withdraw the statement (`fairlead exhibit holder EXHIBIT --account ID --withdraw`), or load the records.",
    ),
    _Rule(
        question="Does every identifier belong to a record that exists?",
        sql="""SELECT DISTINCT 'table identifiers, ' || owner || ': no such record' FROM identifiers
               ANTI JOIN (SELECT account AS owner FROM accounts UNION SELECT payment FROM payments) USING (owner)""",
        remedy=_ATTRIBUTE,
    ),
    _Rule(
        question="Is every account in exactly one person?",
        sql="""SELECT 'table persons, account ' || account || ': in ' || coalesce(n, 0) || ' persons'
               FROM (SELECT account FROM accounts WHERE (SELECT count(*) FROM persons) > 0) a
               LEFT JOIN (SELECT unnest(members) AS account, count(*) AS n FROM persons GROUP BY 1) p
               USING (account) WHERE coalesce(n, 0) <> 1""",
        remedy=_ATTRIBUTE,
    ),
    _Rule(
        question="Is every assessment about a person and an act that exist?",
        sql="""SELECT DISTINCT 'table assessments, person ' || person || ': no such person'
               FROM assessments ANTI JOIN persons USING (person)
               UNION ALL SELECT DISTINCT 'table assessments, act ' || act || ': no such act'
               FROM assessments ANTI JOIN (SELECT act FROM acts UNION SELECT act FROM assessed_acts) USING (act)""",
        remedy="Run `fairlead law assess-persons` again.",
    ),
)


def check_counts(catalogue: Catalogue) -> list[Check]:
    """Every rule over the tables; and every key once."""
    return [*(_apply(catalogue, rule) for rule in _RULES), _check_keys(catalogue)]


def _check_keys(catalogue: Catalogue) -> Check:
    """Whether keys repeat, table by table, so that one at a time is held."""
    answers = [_apply(catalogue, _once(table)) for table in ALL.values()]
    return replace(
        answers[0],
        findings=sum(answer.findings for answer in answers),
        found=tuple(sorted(said for answer in answers for said in answer.found)[:_NAMED]),
    )


def _once(table: Table) -> _Rule:
    """Whether keys of a table repeat.

    Eight bytes of every key are compared first: equal keys have the same ``hash``, so none is missed. Different
    keys may share one, too; so those whose ``hash`` stands there again are compared themselves.
    """
    key = ", ".join(f'"{name}"' for name in table.key)
    return _Rule(
        question="Does every key stand in its table once?",
        sql=f"""SELECT 'table {table.name}: a key stands there ' || count(*) || ' times; written again by: '
                || '{command_of(table)}'
                FROM {table.name}
                WHERE hash({key}) IN (SELECT h FROM (SELECT hash({key}) AS h FROM {table.name})
                                      GROUP BY h HAVING count(*) > 1)
                GROUP BY {key} HAVING count(*) > 1""",
        remedy="Run the command named with each table.",
    )


def _apply(catalogue: Catalogue, rule: _Rule) -> Check:
    [row] = catalogue.rows(
        f"SELECT count(*) AS n, min(coalesce(said, '{_UNNAMED}'), {_NAMED}) AS first FROM ({rule.sql}) t(said)"
    )
    return Check(
        question=rule.question,
        findings=row["n"],
        found=tuple(row["first"] or ()),
        remedy=rule.remedy,
    )
