/** What is asked of the phantom: where things are in it. Names are qualified, since the search path is production's. */

const OWN = `n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname !~ '^pg_(temp|toast_temp)_'`;

export const RELATIONS = `
SELECT c.oid::pg_catalog.int8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind, am.amname AS method, pg_catalog.pg_relation_filepath(c.oid) AS path, i.indrelid::pg_catalog.int8 AS table
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I', 'f') AND ${OWN}`;

export const ATTRIBUTES = `
SELECT a.attrelid::pg_catalog.int8 AS relation, a.attnum AS number, a.attname AS name, a.atttypid::pg_catalog.int8 AS type, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_name,
  CASE WHEN c.relkind IN ('i', 'I') THEN pg_catalog.pg_get_indexdef(c.oid, a.attnum, false) END AS expression
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'i', 'I', 'f') AND ${OWN}`;

export const EXTENDED = `
SELECT s.oid::pg_catalog.int8 AS oid, n.nspname AS schema, s.stxname AS name, s.stxrelid::pg_catalog.regclass::text AS table,
  (SELECT pg_catalog.jsonb_object_agg(a.attname, a.attnum) FROM unnest(s.stxkeys::pg_catalog.int2[]) k(number) JOIN pg_catalog.pg_attribute a ON a.attrelid = s.stxrelid AND a.attnum = k.number) AS columns
FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace`;

/** 14 and later. `$1` is the statistics' oid. */
export const EXTENDED_EXPRESSIONS = "SELECT pg_catalog.pg_get_statisticsobjdef_expressions($1) AS expressions";

export const TYPES = `SELECT t.oid::pg_catalog.int8 AS oid, pg_catalog.format_type(t.oid, NULL) AS name FROM pg_catalog.pg_type t WHERE t.oid >= 16384`;

export const LABELS = `SELECT e.oid::pg_catalog.int8 AS oid, e.enumtypid::pg_catalog.int8 AS type, e.enumlabel AS label FROM pg_catalog.pg_enum e`;

export const BYTES_TO_DATA = ["pg_ndistinct", "pg_dependencies", "pg_mcv_list"].map((type) => `CREATE CAST (bytea AS pg_catalog.${type}) WITHOUT FUNCTION`);

/** `$1` relations, `$2` rows, `$3` pages, `$4` pages that are all visible. */
export const SET_COUNTERS = `
UPDATE pg_catalog.pg_class c SET reltuples = x.rows, relpages = x.pages, relallvisible = x.visible
FROM unnest($1::pg_catalog.oid[], $2::pg_catalog.float4[], $3::pg_catalog.int4[], $4::pg_catalog.int4[]) x(oid, rows, pages, visible) WHERE c.oid = x.oid`;

/** `$1` relations, `$2` the numbers of their new files. */
export const SET_FILES = `UPDATE pg_catalog.pg_class c SET relfilenode = x.file FROM unnest($1::pg_catalog.oid[], $2::pg_catalog.oid[]) x(oid, file) WHERE c.oid = x.oid`;
