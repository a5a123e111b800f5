"""Joins pictures to the model files that made them, to the pictures they were made from, and to each other.

What generators state is unsigned text: a join says that two texts or digests agree, and no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.tables import Table
from fairlead.tables.evidence import FILES
from fairlead.tables.media import CONTENTS
from fairlead.tables.provenance import ASSESSED_ACTS, GENERATION_FACTS, GENERATION_LINKS, TOOL_FILES

_MOST_LISTED = 200
_UNSIGNED = "The text in the picture is unsigned; anybody can write the digest of another model into it."
_DIGESTS = """
    SELECT sha256 AS tool, autov1 AS digest, 'AutoV1, 32 bits' AS words FROM tool_files WHERE autov1 IS NOT NULL
    UNION ALL SELECT sha256, autov2, 'first 40 bits of SHA-256 (AutoV2)' FROM tool_files
    UNION ALL SELECT sha256, left(sha256, 12), 'first 48 bits of SHA-256' FROM tool_files
    UNION ALL SELECT sha256, autov3, 'first 48 bits of SHA-256 behind the header (AutoV3)' FROM tool_files
        WHERE autov3 IS NOT NULL
    UNION ALL SELECT sha256, sha256, 'SHA-256' FROM tool_files
    UNION ALL SELECT sha256, blake3, 'BLAKE3' FROM tool_files WHERE blake3 IS NOT NULL
"""
_NAMES = r"""
    SELECT DISTINCT sha256, exhibit, lower(split_part(replace(path, '!', '/'), '/', -1)) AS name,
           regexp_replace(lower(split_part(replace(path, '!', '/'), '/', -1)),
                          '\.(safetensors|ckpt|gguf|pt|sft|pth|bin)$', '') AS stem
    FROM files WHERE sha256 IS NOT NULL AND verdict = 'read'
"""
# Made first, whatever the database expects: on the exhibit alone, every file would be paired with all others there.
_SAID = """
    SELECT f.sha256, f.value, own.exhibit FROM generation_facts f JOIN names own ON own.sha256 = f.sha256
    WHERE f.fact = 'source_file'
"""
_LINKS = {
    "model_file": f"""
        SELECT 'model_file' AS kind, f.sha256, d.tool AS other, f.value, 'the picture names ' ||
               replace(f.fact, '_', ' ') || ' ' || f.value || ', which is the ' || d.words ||
               ' of a file on an exhibit' AS ground, '{_UNSIGNED}' AS "limit"
        FROM generation_facts f JOIN digests d ON d.digest = f.value
        WHERE f.fact IN ('model_hash', 'lora_hash')""",
    "model_name": """
        SELECT 'model_name' AS kind, f.sha256, n.sha256 AS other, f.value,
               'the picture names ' || f.fact || ' ' || f.value || ', and a file of that name lies on an exhibit' AS ground,
               'Names are free: other files carry the same one. No digest was compared.' AS "limit"
        FROM generation_facts f JOIN names n ON n.stem = f.value JOIN tool_files t ON t.sha256 = n.sha256
        WHERE f.fact IN ('model', 'lora')
          AND NOT EXISTS (SELECT 1 FROM generation_facts h JOIN digests d ON d.digest = h.value
                          WHERE h.sha256 = f.sha256 AND d.tool = t.sha256)""",
    "source_file": """
        SELECT 'source_file' AS kind, f.sha256, n.sha256 AS other, f.value,
               'the picture says it was made from ' || f.value || ', and a picture of that name lies on exhibit ' ||
               min(n.exhibit) AS ground,
               'Names like IMG_0001 are common: compare the two pictures before relying on it.' AS "limit"
        FROM said f JOIN names n ON n.name = f.value AND n.exhibit = f.exhibit JOIN contents c ON c.sha256 = n.sha256
        WHERE c.family IN ('picture', 'video') AND n.sha256 <> f.sha256
        GROUP BY f.sha256, n.sha256, f.value""",
    "groups": """
        SELECT CASE fact WHEN 'layout' THEN 'same_layout' WHEN 'lora_hash' THEN 'same_lora'
                         WHEN 'model_hash' THEN 'same_model' ELSE 'file_prefix' END AS kind,
               sha256, '' AS other, value,
               'shares ' || CASE fact WHEN 'layout' THEN 'the layout of its workflow' WHEN 'lora_hash' THEN 'a LoRA'
                                      WHEN 'model_hash' THEN 'the model' ELSE 'the prefix of file names' END || ' with ' ||
               (count(*) OVER (PARTITION BY fact, value) - 1) || ' other pictures' AS ground,
               CASE fact WHEN 'layout' THEN 'Workflows are shared among users; many layouts are public.'
                         WHEN 'prefix' THEN 'A name that a user chose, or that came with a workflow.'
                         ELSE 'Models and LoRA files are passed on; many are public.' END AS "limit"
        FROM (SELECT DISTINCT sha256, fact, value FROM generation_facts
              WHERE fact IN ('layout', 'lora_hash', 'model_hash')
                 OR (fact = 'prefix' AND lower(value) NOT IN ('comfyui', '%date%', '')))
        QUALIFY count(*) OVER (PARTITION BY fact, value) > 1""",
    "seeds": """
        SELECT 'seed_chain' AS kind, sha256, '' AS other, family || ':' || CAST(first AS VARCHAR) AS value,
               'its seed ' || seed || ' follows on that of another picture of the same model or workflow' AS ground,
               'Programs count seeds up within one batch; a seed can also be typed in.' AS "limit"
        FROM (SELECT *, min(seed) OVER (PARTITION BY family, island) AS first,
                     count(*) OVER (PARTITION BY family, island) AS size
              FROM (SELECT *, sum(breaks) OVER (PARTITION BY family ORDER BY seed, sha256) AS island
                    FROM (SELECT *, coalesce((seed - lag(seed) OVER w > 1)::INT, 1) AS breaks
                          FROM (SELECT DISTINCT s.sha256, TRY_CAST(s.value AS HUGEINT) AS seed, m.value AS family
                                FROM generation_facts s JOIN generation_facts m USING (sha256)
                                WHERE s.fact = 'seed' AND m.fact IN ('model_hash', 'layout'))
                          WHERE seed IS NOT NULL
                          WINDOW w AS (PARTITION BY family ORDER BY seed, sha256))))
        WHERE size > 1""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinksStage:
    """GENERATION_FACTS, TOOL_FILES and FILES to GENERATION_LINKS; one partition per way of joining."""

    name: str = "generation-links"
    version: str = "1"
    reads: tuple[Table, ...] = (GENERATION_FACTS, TOOL_FILES, FILES, CONTENTS)
    writes: Table = GENERATION_LINKS

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Rows in the order of kind, value and content."""
        for name, statement in _LINKS.items():
            rows = catalogue.query(
                f"""WITH digests AS ({_DIGESTS}), names AS ({_NAMES}), said AS MATERIALIZED ({_SAID}),
                found AS (SELECT DISTINCT * FROM ({statement}))
                SELECT left(sha256(kind || '|' || value || '|' || other), 24) AS link, kind, sha256, other, value,
                       count(*) OVER (PARTITION BY kind, value, other) AS size, ground, "limit"
                FROM found
                QUALIFY row_number() OVER (PARTITION BY kind, value, other, sha256 ORDER BY ground) = 1
                ORDER BY kind, value, other, sha256"""
            )
            yield name, rows.select(GENERATION_LINKS.schema.names).cast(GENERATION_LINKS.schema)


_POSSESSION_LIMITS = """[
    'Says that the file lay on the exhibit, not who put it there, or that anybody used it.',
    'Model files are passed on and many are public: having one is not an offence everywhere.',
    'Times are those of a file system and can be set.']"""
_PRODUCTION_LIMITS = f"""[
    '{_UNSIGNED}',
    'The pictures may have been made elsewhere and copied here, with the model.',
    'Says nothing about what the pictures show, or about who sat at the keyboard.',
    'Times are those of a file system and can be set.']"""
_ACTS = {
    "possess_tool": f"""
        SELECT 'possess_tool' AS kind, f.exhibit, t.sha256 AS tool, min(f.modified_at) AS from_at,
               max(f.modified_at) AS to_at, [t.sha256] AS sha256s, any_value(coalesce(n.pictures, 0)) AS pictures,
               ['a ' || any_value(t.role) || ' file (' || any_value(t.format) || ') lies at ' || min(f.path),
                any_value(coalesce(n.pictures, 0)) || ' pictures of the operation name its digest'] AS grounds,
               {_POSSESSION_LIMITS} AS limits
        FROM tool_files t JOIN files f USING (sha256)
        LEFT JOIN (SELECT other, count(DISTINCT sha256) AS pictures FROM generation_links
                   WHERE kind = 'model_file' GROUP BY other) n ON n.other = t.sha256
        WHERE t.role <> 'unknown' OR t.format = 'gguf' GROUP BY f.exhibit, t.sha256""",
    "produce": f"""
        SELECT 'produce' AS kind, p.exhibit, l.other AS tool, min(p.modified_at) AS from_at,
               max(p.modified_at) AS to_at,
               list_sort(list_distinct(list(l.sha256)))[1:{_MOST_LISTED}] AS sha256s,
               count(DISTINCT l.sha256) AS pictures,
               [count(DISTINCT l.sha256) || ' pictures on the exhibit name the digest of a model file on the same exhibit',
                count(DISTINCT s.sha256) || ' of them also name a source picture that lies there'] AS grounds,
               {_PRODUCTION_LIMITS} AS limits
        FROM generation_links l
        JOIN files p ON p.sha256 = l.sha256
        JOIN (SELECT DISTINCT exhibit, sha256 FROM files) t ON t.sha256 = l.other AND t.exhibit = p.exhibit
        LEFT JOIN generation_links s ON s.kind = 'source_file' AND s.sha256 = l.sha256
        WHERE l.kind = 'model_file' GROUP BY p.exhibit, l.other""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedActsStage:
    """GENERATION_LINKS and TOOL_FILES to ASSESSED_ACTS: what they suggest about an exhibit's holder.

    An assessment, with its limits in the row: it says what lay on an exhibit, never what an account did.
    """

    name: str = "assessed acts"
    version: str = "1"
    reads: tuple[Table, ...] = (GENERATION_LINKS, TOOL_FILES, FILES)
    writes: Table = ASSESSED_ACTS

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """One partition per kind of act."""
        for name, statement in _ACTS.items():
            rows = catalogue.query(
                f"""SELECT left(sha256(concat_ws('|', kind, exhibit, tool)), 24) AS act, * FROM ({statement})
                ORDER BY exhibit, tool"""
            )
            yield name, rows.select(ASSESSED_ACTS.schema.names).cast(ASSESSED_ACTS.schema)
