/** Queries of the catalog. Each works on every supported version; what a version lacks is null. What opens a locked relation is left out. */

/** The first version in which an index can take nulls for equal. */
const WITH_NULLS_NOT_DISTINCT = 150_000;

/** Schemas of PostgreSQL itself, and of sessions' temporary tables. */
export const OWN_SCHEMAS = `n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname !~ '^pg_(temp|toast_temp)_'`;

/** Objects that an extension made come back with CREATE EXTENSION. */
export const notOfExtension = (catalog: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '${catalog}'::regclass AND x.objid = ${oid} AND x.deptype = 'e')`;

export const DATABASE = `
SELECT d.datname AS name, pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collate, d.datctype AS ctype,
  CASE to_jsonb(d)->>'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END AS provider,
  pg_database_size(d.oid) AS bytes, age(d.datfrozenxid) AS xid_age, mxid_age(d.datminmxid) AS multixact_age
FROM pg_database d WHERE d.datname = current_database()`;

export const EXTENSIONS = `
SELECT e.extname AS name, e.extversion AS version, n.nspname AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY 1`;

/** `$1` are relations that are locked. */
export const TABLES = `
SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind, c.relpersistence AS persistence,
  pg_get_userbyid(c.relowner) AS owner, obj_description(c.oid, 'pg_class') AS comment, am.amname AS method, ts.spcname AS tablespace,
  c.reloptions AS options, t.reloptions AS toast_options, c.relreplident AS identity, c.relrowsecurity AS row_security,
  c.reltuples::float8 AS reltuples, c.relpages AS relpages, c.relallvisible AS relallvisible,
  nullif(c.reltoastrelid, 0)::int8 AS toast_oid,
  CASE WHEN c.relfrozenxid <> '0' THEN age(c.relfrozenxid) END AS xid_age, CASE WHEN c.relminmxid <> '0' THEN mxid_age(c.relminmxid) END AS multixact_age,
  CASE WHEN t.relfrozenxid <> '0' THEN age(t.relfrozenxid) END AS toast_xid_age, CASE WHEN t.relminmxid <> '0' THEN mxid_age(t.relminmxid) END AS toast_multixact_age,
  pg_get_partkeydef(c.oid) AS partition_key, p.partstrat AS strategy, nullif(p.partdefid, 0)::int8 AS default_partition,
  CASE WHEN p.partrelid IS NOT NULL THEN (SELECT array_agg(a.attname::text ORDER BY k.position)
    FROM unnest(p.partattrs::int2[]) WITH ORDINALITY k(number, position) LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0) END AS partition_columns,
  CASE WHEN c.relispartition AND c.oid <> ALL ($1::oid[]) THEN pg_get_expr(c.relpartbound, c.oid) END AS bounds,
  (SELECT array_agg(h.inhparent::int8 ORDER BY h.inhseqno) FROM pg_inherits h WHERE h.inhrelid = c.oid) AS parents
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid LEFT JOIN pg_am am ON am.oid = c.relam LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'm', 'f') AND ${OWN_SCHEMAS} AND ${notOfExtension("pg_class", "c.oid")}
ORDER BY n.nspname, c.relname`;

/** Files' sizes; by itself since it opens them, which a lock or a missing permission can keep it from. */
export const TABLE_SIZES = `
SELECT c.oid::int8 AS oid, pg_relation_size(c.oid) AS bytes, pg_table_size(c.oid) AS table_bytes,
  CASE WHEN c.reltoastrelid <> 0 THEN pg_total_relation_size(c.reltoastrelid) END AS toast_bytes, pg_indexes_size(c.oid) AS index_bytes
FROM pg_class c WHERE c.oid = ANY($1::oid[])`;

export const INDEX_SIZES = `SELECT c.oid::int8 AS oid, pg_relation_size(c.oid) AS bytes FROM pg_class c WHERE c.oid = ANY($1::oid[])`;

/** `$1` are tables, `$2` those of them that are locked. `attstattarget` is null for the default since 17, and -1 before. */
export const COLUMNS = `
SELECT a.attrelid::int8 AS table, a.attnum AS number, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, t.typname AS type_name, t.typtype AS type_kind,
  a.attlen AS length, CASE a.attalign WHEN 'c' THEN 1 WHEN 's' THEN 2 WHEN 'i' THEN 4 ELSE 8 END AS alignment,
  CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END AS storage,
  a.attnotnull AS not_null, CASE WHEN a.attrelid <> ALL ($2::oid[]) THEN pg_get_expr(d.adbin, d.adrelid) END AS default, a.attgenerated AS generated, a.attidentity AS identity,
  CASE WHEN a.attcollation <> t.typcollation THEN quote_ident(cn.nspname) || '.' || quote_ident(co.collname) END AS collation,
  CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END AS target,
  dc.description AS comment
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_description dc ON dc.classoid = 'pg_class'::regclass AND dc.objoid = a.attrelid AND dc.objsubid = a.attnum
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation co ON co.oid = a.attcollation LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
WHERE a.attrelid = ANY($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum`;

/**
 * Of columns and of expressions of indexes alike: both are attributes of a relation. Arrays come as text, and relations by name, since
 * casting and joining here takes the server longer than all the rest.
 */
export const STATISTICS = `
SELECT s.schemaname AS schema, s.tablename AS relation, s.attname AS name, s.inherited, s.null_frac::float8 AS null_fraction, s.avg_width AS width, s.n_distinct::float8 AS distinct,
  s.most_common_vals::text AS common_values, s.most_common_freqs::float8[] AS common_frequencies, s.histogram_bounds::text AS histogram,
  s.correlation::float8 AS correlation, s.most_common_elems::text AS common_elements, s.most_common_elem_freqs::float8[] AS element_frequencies
FROM pg_stats s WHERE s.schemaname = ANY($1::name[])`;

/** `pg_constraint` has no index by the index that backs it: it is read once. */
const BACKED = `backed AS MATERIALIZED (SELECT k.conindid, min(k.oid) FILTER (WHERE k.contype IN ('p', 'u', 'x')) AS own, array_agg(k.oid::int8 ORDER BY k.oid) FILTER (WHERE k.contype = 'f') AS referrers
  FROM pg_constraint k WHERE k.conindid <> 0 GROUP BY k.conindid)`;

export const indexes = (version: number): string => `
WITH ${BACKED}, keys AS (
  SELECT i.indexrelid, jsonb_agg(jsonb_build_object('column', a.attname, 'attribute', ia.attname, 'expression', CASE WHEN k.number = 0 THEN pg_get_indexdef(i.indexrelid, k.position::int, false) END,
      'class', oc.opcname, 'default', oc.opcdefault, 'collation', co.collname, 'option', i.indoption[k.position - 1]) ORDER BY k.position) AS attributes
  FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(number, position)
  JOIN pg_attribute ia ON ia.attrelid = i.indexrelid AND ia.attnum = k.position
  LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number <> 0
  LEFT JOIN pg_opclass oc ON k.position <= i.indnkeyatts AND oc.oid = i.indclass[k.position - 1]
  LEFT JOIN pg_collation co ON k.position <= i.indnkeyatts AND co.oid = i.indcollation[k.position - 1]
  WHERE i.indrelid = ANY($1::oid[]) GROUP BY i.indexrelid)
SELECT i.indexrelid::int8 AS oid, n.nspname AS schema, c.relname AS name, i.indrelid::int8 AS table, am.amname AS method, i.indisunique AS unique,
  ${version >= WITH_NULLS_NOT_DISTINCT ? "i.indnullsnotdistinct" : "false"} AS nulls_not_distinct, i.indisprimary AS primary, i.indisexclusion AS exclusion, i.indimmediate AS immediate,
  i.indisvalid AS valid, i.indisready AS ready, i.indislive AS live, i.indisclustered AS clustered, i.indisreplident AS replica_identity,
  pg_get_expr(i.indpred, i.indrelid) AS predicate, pg_get_indexdef(i.indexrelid) AS definition, c.reloptions AS options, ts.spcname AS tablespace, obj_description(c.oid, 'pg_class') AS comment,
  k.own::int8 AS constraint, k.referrers AS referenced_by,
  (SELECT h.inhparent::int8 FROM pg_inherits h WHERE h.inhrelid = i.indexrelid LIMIT 1) AS partition_of,
  c.reltuples::float8 AS reltuples, c.relpages AS relpages, i.indnkeyatts AS keys, c.relkind = 'I' AS partitioned,
  keys.attributes
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am am ON am.oid = c.relam
LEFT JOIN keys ON keys.indexrelid = i.indexrelid LEFT JOIN backed k ON k.conindid = i.indexrelid LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
WHERE i.indrelid = ANY($1::oid[]) ORDER BY n.nspname, c.relname`;

export const INDEX_PROGRESS = `SELECT index_relid::int8 AS oid, phase, blocks_done AS done, blocks_total AS total FROM pg_stat_progress_create_index WHERE datname = current_database()`;

/** Needs pg_read_server_files or superuser. The file of an index that is dropped meanwhile is null, not an error. */
export const METAPAGES = `
SELECT c.oid::int8 AS oid, encode(pg_read_binary_file(pg_relation_filepath(c.oid), 0, 88, true), 'base64') AS page
FROM pg_class c WHERE c.oid = ANY($1::oid[]) AND c.relkind = 'i' AND pg_relation_filepath(c.oid) IS NOT NULL`;

export const CONSTRAINTS = `
SELECT k.oid::int8 AS oid, k.conname AS name, k.contype AS kind, k.conrelid::int8 AS table,
  (SELECT array_agg(a.attname::text ORDER BY u.position) FROM unnest(k.conkey) WITH ORDINALITY u(number, position) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number) AS columns,
  nullif(k.confrelid, 0)::int8 AS target,
  (SELECT array_agg(a.attname::text ORDER BY u.position) FROM unnest(k.confkey) WITH ORDINALITY u(number, position) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number) AS target_columns,
  k.confdeltype AS on_delete, k.confupdtype AS on_update, k.condeferrable AS deferrable, k.condeferred AS deferred, k.convalidated AS validated,
  nullif(k.conindid, 0)::int8 AS index, pg_get_constraintdef(k.oid) AS definition, nullif(k.conparentid, 0)::int8 AS parent,
  k.conislocal AS local, k.coninhcount > 0 AS inherited
FROM pg_constraint k WHERE k.conrelid = ANY($1::oid[]) AND k.contype IN ('p', 'u', 'f', 'c', 'x', 'n') ORDER BY k.conrelid, k.conname, k.oid`;

/** Without their values, which are in the sequences themselves. */
export const SEQUENCES = `
SELECT s.seqrelid::int8 AS oid, n.nspname AS schema, c.relname AS name, format_type(s.seqtypid, NULL) AS type, s.seqmin::text AS minimum, s.seqmax::text AS maximum,
  s.seqincrement::text AS increment, s.seqcycle AS cycles, a.attrelid::int8 AS table, a.attname AS column,
  c.relpersistence AS persistence, has_sequence_privilege(s.seqrelid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE') AS readable
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE ${OWN_SCHEMAS} AND ${notOfExtension("pg_class", "c.oid")} ORDER BY n.nspname, c.relname`;

/** Without those that read one of the locked relations `$1`: the server locks what a view reads before it writes the view down. */
export const VIEWS = `
SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind = 'm' AS materialised, pg_get_viewdef(c.oid) AS definition, c.relispopulated AS populated, c.reloptions AS options,
  (SELECT array_agg(DISTINCT d.refobjid::int8) FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
    WHERE r.ev_class = c.oid) AS reads
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND c.oid <> ALL ($1::oid[]) AND ${OWN_SCHEMAS} AND ${notOfExtension("pg_class", "c.oid")}
AND NOT EXISTS (SELECT FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid WHERE r.ev_class = c.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY ($1::oid[]))
ORDER BY n.nspname, c.relname`;

export const ENUMS = `
SELECT n.nspname AS schema, t.typname AS name, array_agg(e.enumlabel::text ORDER BY e.enumsortorder) AS labels
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_enum e ON e.enumtypid = t.oid
WHERE ${OWN_SCHEMAS} AND ${notOfExtension("pg_type", "t.oid")} GROUP BY 1, 2 ORDER BY 1, 2`;

export const EXTENDED_STATISTICS = `
SELECT s.oid::int8 AS oid, n.nspname AS schema, s.stxname AS name, s.stxrelid::int8 AS table, s.stxkind::text[] AS kinds, pg_get_statisticsobjdef(s.oid) AS definition,
  CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END AS target,
  (SELECT array_agg(a.attname::text ORDER BY u.position) FROM unnest(s.stxkeys::int2[]) WITH ORDINALITY u(number, position) JOIN pg_attribute a ON a.attrelid = s.stxrelid AND a.attnum = u.number) AS columns
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE s.stxrelid = ANY($1::oid[]) ORDER BY n.nspname, s.stxname`;

/** By itself: the view hides what the role may not read. `exprs` came with 14. */
export const EXTENDED_VALUES = `
SELECT e.statistics_schemaname AS schema, e.statistics_name AS name, to_jsonb(e)->'exprs' AS expressions, e.n_distinct::text AS distinct, e.dependencies::text AS dependencies FROM pg_stats_ext e`;
