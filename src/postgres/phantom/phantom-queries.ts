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

/** Every relation that an index on `$1` has a part on: the table, or it and its partitions. */
export const TREE = `
SELECT c.oid::pg_catalog.int8 AS oid, c.relkind AS kind, c.relfilenode::pg_catalog.int8 AS file, c.reltuples::pg_catalog.float8 AS rows, c.relpages AS pages, c.relallvisible AS visible
FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'm', 'p') AND (c.oid = $1::pg_catalog.oid OR c.oid IN (SELECT p.relid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid) p))`;

export const LAST_INDEX = `SELECT coalesce(max(i.indexrelid::pg_catalog.int8), 0) AS oid FROM pg_catalog.pg_index i`;

/** An index that is dropped, with its parts on partitions: the planner passes over what is not valid. */
export const INVALIDATE = `
UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid = $1::pg_catalog.oid OR indexrelid IN (SELECT p.relid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid) p)`;

/** The index `$1`, by its name in SQL, with its parts on partitions. */
export const PARTS_OF_INDEX = `
SELECT c.oid::pg_catalog.int8 AS oid FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1)::pg_catalog.oid OR c.oid IN (SELECT p.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) p)`;

const SLOTS = [1, 2, 3, 4, 5];
const slotOf = (kind: number, column: string, cast: string): string =>
  `(CASE ${kind} ${SLOTS.map((n) => `WHEN s.stakind${n} THEN s.${column}${n}::${cast}`).join(" ")} END)`;
/** Bytes of known values as they are stored: up to 126 with a header of one byte, of four above. What comes out of FROM is packed like a row. */
const lengths = (kind: number): string => `
  CASE WHEN b.typcategory = 'S' THEN ARRAY(SELECT pg_catalog.octet_length(v) + CASE WHEN pg_catalog.octet_length(v) > 126 THEN 4 ELSE 1 END FROM pg_catalog.unnest(${slotOf(kind, "stavalues", "text")}::text[]) v)
    WHEN b.typname = 'numeric' THEN ARRAY(SELECT pg_catalog.pg_column_size(v) FROM pg_catalog.unnest(${slotOf(kind, "stavalues", "text")}::pg_catalog.numeric[]) v) END`;

/**
 * Indexes on the tables `$1` that were made after the one with the number `$2`, and what the size model asks of each. Columns are as the index has them: a `column` of 0 is an expression. Support function 4
 * says whether equal values have equal bytes.
 */
export const MADE_INDEXES = `
SELECT i.indexrelid::pg_catalog.int8 AS oid, c.relname AS name, c.relkind AS kind, pg_catalog.pg_relation_filepath(c.oid) AS path, i.indrelid::pg_catalog.int8 AS table, am.amname AS method,
  i.indisunique AS unique, i.indnkeyatts AS keys, i.indrelid::pg_catalog.regclass::text AS table_name, pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
  coalesce((SELECT pg_catalog.jsonb_object_agg(o.option_name, o.option_value) FROM pg_catalog.pg_options_to_table(c.reloptions) o), '{}') AS options, (pg_catalog.pg_relation_size(i.indrelid) / 8192)::pg_catalog.int4 AS table_pages,
  EXISTS (SELECT FROM pg_catalog.pg_statistic_ext e WHERE e.stxrelid = i.indrelid AND 'd' = ANY (e.stxkind) AND (SELECT pg_catalog.count(*) FROM pg_catalog.unnest(e.stxkeys::pg_catalog.int2[]) k(number) WHERE k.number = ANY (i.indkey::pg_catalog.int2[])) > 1) AS known_together,
  (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('position', a.attnum, 'column', k.number, 'length', a.attlen, 'alignment', CASE a.attalign WHEN 'c' THEN 1 WHEN 's' THEN 2 WHEN 'i' THEN 4 ELSE 8 END, 'type_name', t.typname, 'class', coalesce(oc.opcname, ''), 'collation', coalesce(i.indcollation[a.attnum - 1]::pg_catalog.int8, 0),
      'equal_images', EXISTS (SELECT FROM pg_catalog.pg_amproc p WHERE p.amprocfamily = oc.opcfamily AND p.amproclefttype = oc.opcintype AND p.amprocrighttype = oc.opcintype AND p.amprocnum = 4) AND coalesce((SELECT l.collisdeterministic FROM pg_catalog.pg_collation l WHERE l.oid = a.attcollation), true),
      'definition', pg_catalog.pg_get_indexdef(i.indexrelid, a.attnum, false)) ORDER BY a.attnum)
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid CROSS JOIN LATERAL (SELECT i.indkey[a.attnum - 1] AS number) k
    LEFT JOIN pg_catalog.pg_opclass oc ON a.attnum <= i.indnkeyatts AND oc.oid = i.indclass[a.attnum - 1] WHERE a.attrelid = i.indexrelid AND a.attnum > 0) AS columns
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_am am ON am.oid = c.relam
WHERE i.indrelid = ANY ($1::pg_catalog.oid[]) AND i.indexrelid::pg_catalog.int8 > $2 ORDER BY i.indexrelid`;

/**
 * What the statistics tell of the columns `$2` of the table `$1`, or of the expressions of an index. `$3`: its values are of the columns' types. What is in a GIN index is part of an expression's value, and
 * the statistics are of the value.
 */
export const COLUMN_STATISTICS = `
SELECT b.attnum AS number, s.stanullfrac::pg_catalog.float8 AS null_fraction, s.stawidth AS width, s.stadistinct::pg_catalog.float8 AS distinct, ${slotOf(1, "stanumbers", "pg_catalog.float8[]")} AS frequencies,
  CASE WHEN $3::pg_catalog.bool AND b.typname IN ('int2', 'int4', 'int8') THEN ${slotOf(2, "stavalues", "text")}::pg_catalog.float8[] END AS bounds, ${lengths(1)} AS common_lengths, ${lengths(2)} AS histogram_lengths, (${slotOf(3, "stanumbers", "pg_catalog.float8[]")})[1] AS correlation
FROM (SELECT a.attrelid, a.attnum, t.typname, t.typcategory FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum = ANY ($2::pg_catalog.int2[])) b
LEFT JOIN LATERAL (SELECT s.* FROM pg_catalog.pg_statistic s WHERE s.starelid = b.attrelid AND s.staattnum = b.attnum ORDER BY s.stainherit LIMIT 1) s ON true`;

/** Texts that the statistics of the column `$2` of the relation `$1` show. */
export const KNOWN_TEXTS = `
SELECT ${slotOf(1, "stavalues", "text")}::text[] AS common, ${slotOf(2, "stavalues", "text")}::text[] AS histogram FROM pg_catalog.pg_statistic s WHERE s.starelid = $1::pg_catalog.oid AND s.staattnum = $2 ORDER BY s.stainherit LIMIT 1`;

/** Files, pages and rows of the indexes `$1`. */
export const SET_SIZES = `
UPDATE pg_catalog.pg_class c SET relfilenode = x.file, relpages = x.pages, reltuples = x.rows
FROM unnest($1::pg_catalog.oid[], $2::pg_catalog.oid[], $3::pg_catalog.int4[], $4::pg_catalog.float4[]) x(oid, file, pages, rows) WHERE c.oid = x.oid`;

/**
 * The first column of the index `$1` where the planner would look for the column's ends in it: in the type's own order, of all rows. Its common values and the bounds
 * of its histogram hold both, where every row was seen.
 */
export const OWN_ENDS = `
SELECT i.indrelid::pg_catalog.regclass::text AS table, pg_catalog.quote_ident(a.attname) AS column, pg_catalog.format_type(t.typarray, NULL) AS array, i.indnatts AS columns,
  CASE WHEN i.indoption[0] & 1 = 1 THEN 'DESC' ELSE 'ASC' END || CASE WHEN i.indoption[0] & 2 = 2 THEN ' NULLS FIRST' ELSE ' NULLS LAST' END AS "order",
  (SELECT pg_catalog.array_agg(v)::text FROM (SELECT pg_catalog.unnest(${slotOf(1, "stavalues", "text")}::text[]) UNION ALL SELECT pg_catalog.unnest(${slotOf(2, "stavalues", "text")}::text[])) x(v)) AS values
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] JOIN pg_catalog.pg_type t ON t.oid = a.atttypid JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[0] JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod
JOIN pg_catalog.pg_statistic s ON s.starelid = i.indrelid AND s.staattnum = a.attnum AND NOT s.stainherit
WHERE i.indexrelid = $1::pg_catalog.oid AND i.indpred IS NULL AND m.amname = 'btree' AND o.opcdefault AND i.indcollation[0] = a.attcollation AND 2 IN (s.stakind1, s.stakind2, s.stakind3, s.stakind4, s.stakind5) AND t.typarray <> 0`;

/**
 * Columns of the table that the index `$1`'s expressions and condition read. A domain's values are those of the type below it. How many rows ANALYZE reads is known by the longest of the table's
 * histograms: 300 for each point of the greatest target of a column (`std_typanalyze`), which no schema in SQL needs to say.
 */
export const EXPRESSION_COLUMNS = `
SELECT a.attnum AS number, a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, pg_catalog.format_type(t.oid, NULL) AS base_type, t.typname AS type_name, s.stanullfrac::pg_catalog.float8 AS null_fraction, s.stadistinct::pg_catalog.float8 AS distinct,
  ${slotOf(1, "stavalues", "text")} AS common, ${slotOf(1, "stanumbers", "pg_catalog.float8[]")} AS frequencies, ${slotOf(2, "stavalues", "text")} AS histogram, (${slotOf(3, "stanumbers", "pg_catalog.float8[]")})[1] AS correlation,
  greatest(0, c.reltuples)::pg_catalog.float8 AS rows, 300 * greatest(pg_catalog.current_setting('default_statistics_target')::pg_catalog.int4, (SELECT pg_catalog.max(CASE 2 ${SLOTS.map((n) => `WHEN l.stakind${n} THEN pg_catalog.array_length(l.stavalues${n}, 1)`).join(" ")} END) - 1 FROM pg_catalog.pg_statistic l WHERE l.starelid = c.oid)) AS sampled
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid
CROSS JOIN LATERAL (WITH RECURSIVE d AS (SELECT t.oid, t.typname, t.typtype, t.typbasetype FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid UNION ALL
  SELECT t.oid, t.typname, t.typtype, t.typbasetype FROM d JOIN pg_catalog.pg_type t ON d.typtype = 'd' AND t.oid = d.typbasetype) SELECT d.oid, d.typname FROM d WHERE d.typtype <> 'd') t
LEFT JOIN LATERAL (SELECT s.* FROM pg_catalog.pg_statistic s WHERE s.starelid = i.indrelid AND s.staattnum = a.attnum ORDER BY s.stainherit LIMIT 1) s ON true
WHERE i.indexrelid = $1::pg_catalog.oid AND a.attnum > 0 AND EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.indexrelid
  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum) ORDER BY a.attnum`;

/** What the default B-tree class of a type compares with; that of a class of types where it has none of its own. */
const comparison = (type: string, strategy: number): string => `
  (SELECT m.amopopr FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_am am ON am.oid = o.opcmethod AND am.amname = 'btree' JOIN pg_catalog.pg_amop m ON m.amopfamily = o.opcfamily AND m.amoplefttype = o.opcintype AND m.amoprighttype = o.opcintype AND m.amopstrategy = ${strategy}
    WHERE o.opcdefault AND o.opcintype IN (${type}.oid, ${type}.typbasetype, CASE WHEN ${type}.typname = 'varchar' THEN 'pg_catalog.text'::pg_catalog.regtype WHEN ${type}.typcategory = 'A' THEN 'pg_catalog.anyarray'::pg_catalog.regtype
      WHEN ${type}.typtype = 'e' THEN 'pg_catalog.anyenum'::pg_catalog.regtype WHEN ${type}.typtype = 'r' THEN 'pg_catalog.anyrange'::pg_catalog.regtype END) ORDER BY o.opcintype = ${type}.oid DESC LIMIT 1)::pg_catalog.int8`;

export const OPERATORS = `
SELECT a.attrelid::pg_catalog.int8 AS relation, a.attnum AS number, a.attname AS name, a.attcollation::pg_catalog.int8 AS collation, ${comparison("t", 3)} AS equal, ${comparison("t", 1)} AS less,
  CASE WHEN t.typcategory = 'A' THEN ${comparison("e", 3)} WHEN t.typname = 'tsvector' THEN 'pg_catalog.=(pg_catalog.text,pg_catalog.text)'::pg_catalog.regoperator::pg_catalog.oid::pg_catalog.int8 END AS element_equal
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_type t ON t.oid = a.atttypid LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'i', 'I', 'f') AND ${OWN}`;

/** What values of the types `$1` compare with, in that order; a type that ANALYZE looks at in its own way has other statistics. */
export const TYPE_OPERATORS = `
SELECT t.typname AS name, t.oid::pg_catalog.int8 AS type, t.typanalyze = 0 AS is_plain, ${comparison("t", 3)} AS equal, ${comparison("t", 1)} AS less
FROM pg_catalog.unnest($1::pg_catalog.oid[]) WITH ORDINALITY x(oid, place) JOIN pg_catalog.pg_type t ON t.oid = x.oid ORDER BY x.place`;
