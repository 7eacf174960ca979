/**
 * Queries of what it takes to rebuild the schema. Definitions are written by the server, with `search_path` empty but for `pg_catalog`, so
 * that every name in them is qualified. `$1` are relations that another session has locked: their definitions would be waited for.
 */
import { notOfExtension, OWN_SCHEMAS } from "./catalog-queries.ts";

/** The first version with columns that a statement cannot name before. */
const WITH_COMPRESSION = 140_000;
const WITHOUT_PARTITION_IDENTITY = 170_000;

const own = (catalog: string, alias: string): string => `${OWN_SCHEMAS} AND ${notOfExtension(catalog, `${alias}.oid`)}`;

/** Relations that a session holds exclusively, or waits to hold so, which keeps others out as well; with an index its table. */
export const LOCKED = `
WITH held AS (SELECT l.relation AS oid FROM pg_locks l WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
SELECT oid::int8 AS oid FROM held UNION SELECT i.indrelid::int8 FROM held JOIN pg_index i ON i.indexrelid = held.oid`;

export const POLICY_ROLES = `
SELECT DISTINCT pg_get_userbyid(r.oid) AS name FROM pg_policy p CROSS JOIN LATERAL unnest(p.polroles) r(oid) WHERE r.oid <> 0 ORDER BY 1`;

export const SCHEMAS = `SELECT n.nspname AS name FROM pg_namespace n WHERE ${own("pg_namespace", "n")} ORDER BY 1`;

/** In the order in which they were made: one that needs another is younger. */
export const SCHEMA_EXTENSIONS = `SELECT e.extname AS name, n.nspname AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql' ORDER BY e.oid`;

const COLLATIONS = `
SELECT 'pg_collation:' || l.oid AS key, format('%I.%I', n.nspname, l.collname) AS name, ARRAY[format('CREATE COLLATION %I.%I (provider = %s, %s%s%s)', n.nspname, l.collname,
  CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
  CASE WHEN l.collprovider IN ('i', 'b') THEN format('locale = %L', coalesce(j.row->>'colllocale', j.row->>'colliculocale', l.collcollate)) ELSE format('lc_collate = %L, lc_ctype = %L', l.collcollate, l.collctype) END,
  CASE WHEN l.collisdeterministic THEN '' ELSE ', deterministic = false' END,
  coalesce(', rules = ' || quote_literal(j.row->>'collicurules'), ''))] AS statements
FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace CROSS JOIN LATERAL (SELECT to_jsonb(l) AS row) j WHERE ${own("pg_collation", "l")}`;

const ENUMS = `
SELECT 'pg_type:' || t.oid AS key, format('%I.%I', n.nspname, t.typname) AS name,
  ARRAY[format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname, (SELECT coalesce(string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder), '') FROM pg_enum e WHERE e.enumtypid = t.oid))] AS statements
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND ${own("pg_type", "t")}`;

const DOMAINS = `
SELECT 'pg_type:' || t.oid AS key, format('%I.%I', n.nspname, t.typname) AS name,
  ARRAY[format('CREATE DOMAIN %I.%I AS %s', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod))
    || CASE WHEN t.typcollation <> b.typcollation THEN format(' COLLATE %I.%I', ln.nspname, l.collname) ELSE '' END
    || coalesce(' DEFAULT ' || t.typdefault, '') || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
    || coalesce((SELECT string_agg(format(' CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), '' ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated), '')]
  || ARRAY(SELECT format('ALTER DOMAIN %I.%I ADD CONSTRAINT %I %s', n.nspname, t.typname, k.conname, pg_get_constraintdef(k.oid)) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' AND NOT k.convalidated ORDER BY k.conname) AS statements
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_collation l ON l.oid = t.typcollation LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace WHERE t.typtype = 'd' AND ${own("pg_type", "t")}`;

const COMPOSITES = `
SELECT 'pg_type:' || t.oid AS key, format('%I.%I', n.nspname, t.typname) AS name,
  ARRAY[format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname, (SELECT coalesce(string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attcollation <> at.typcollation THEN format(' COLLATE %I.%I', ln.nspname, l.collname) ELSE '' END), ', ' ORDER BY a.attnum), '')
    FROM pg_attribute a JOIN pg_type at ON at.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))] AS statements
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_class c ON c.oid = t.typrelid WHERE t.typtype = 'c' AND c.relkind = 'c' AND ${own("pg_type", "t")}`;

const ranges = (version: number): string => `
SELECT 'pg_type:' || t.oid AS key, format('%I.%I', n.nspname, t.typname) AS name,
  ARRAY[format('CREATE TYPE %I.%I AS RANGE (subtype = %s', n.nspname, t.typname, format_type(r.rngsubtype, NULL))
    || CASE WHEN NOT oc.opcdefault THEN format(', subtype_opclass = %I.%I', ocn.nspname, oc.opcname) ELSE '' END
    || CASE WHEN r.rngcollation <> st.typcollation THEN format(', collation = %I.%I', ln.nspname, l.collname) ELSE '' END
    || CASE WHEN r.rngcanonical <> 0 THEN ', canonical = ' || r.rngcanonical::regproc ELSE '' END
    || CASE WHEN r.rngsubdiff <> 0 THEN ', subtype_diff = ' || r.rngsubdiff::regproc ELSE '' END
    ${version >= WITH_COMPRESSION ? "|| (SELECT format(', multirange_type_name = %I.%I', mn.nspname, m.typname) FROM pg_type m JOIN pg_namespace mn ON mn.oid = m.typnamespace WHERE m.oid = r.rngmultitypid)" : ""} || ')'] AS statements
FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_type st ON st.oid = r.rngsubtype
JOIN pg_opclass oc ON oc.oid = r.rngsubopc JOIN pg_namespace ocn ON ocn.oid = oc.opcnamespace LEFT JOIN pg_collation l ON l.oid = r.rngcollation LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
WHERE ${own("pg_type", "t")}`;

/** Functions in C live in a library that another server does not have. The constructors of a range come with it. */
const FUNCTIONS = `
SELECT 'pg_proc:' || f.oid AS key, format('%I.%I(%s)', n.nspname, f.proname, pg_get_function_identity_arguments(f.oid)) AS name,
  ARRAY[CASE WHEN la.lanname = 'c' THEN '-- not rebuilt: function in C ' || f.oid::regprocedure ELSE pg_get_functiondef(f.oid) END] AS statements
FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace JOIN pg_language la ON la.oid = f.prolang WHERE f.prokind <> 'a' AND ${own("pg_proc", "f")}
AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass AND x.objid = f.oid AND x.deptype = 'i')`;

const AGGREGATES = `
SELECT 'pg_proc:' || f.oid AS key, format('%I.%I(%s)', n.nspname, f.proname, pg_get_function_identity_arguments(f.oid)) AS name,
  ARRAY[format('CREATE AGGREGATE %I.%I(%s) (SFUNC = %s, STYPE = %s', n.nspname, f.proname, CASE WHEN f.pronargs = 0 THEN '*' ELSE pg_get_function_arguments(f.oid) END, a.aggtransfn::regproc, format_type(a.aggtranstype, NULL))
    || CASE WHEN a.aggtransspace <> 0 THEN ', SSPACE = ' || a.aggtransspace ELSE '' END
    || CASE WHEN a.aggfinalfn <> 0 THEN ', FINALFUNC = ' || a.aggfinalfn::regproc || CASE WHEN a.aggfinalextra THEN ', FINALFUNC_EXTRA' ELSE '' END ELSE '' END
    || CASE WHEN a.aggcombinefn <> 0 THEN ', COMBINEFUNC = ' || a.aggcombinefn::regproc ELSE '' END
    || coalesce(', INITCOND = ' || quote_literal(a.agginitval), '')
    || CASE WHEN a.aggmtransfn <> 0 THEN format(', MSFUNC = %s, MINVFUNC = %s, MSTYPE = %s', a.aggmtransfn::regproc, a.aggminvtransfn::regproc, format_type(a.aggmtranstype, NULL))
      || CASE WHEN a.aggmfinalfn <> 0 THEN ', MFINALFUNC = ' || a.aggmfinalfn::regproc ELSE '' END || coalesce(', MINITCOND = ' || quote_literal(a.aggminitval), '') ELSE '' END
    || CASE WHEN a.aggsortop <> 0 THEN (SELECT format(', SORTOP = OPERATOR(%I.%s)', sn.nspname, so.oprname) FROM pg_operator so JOIN pg_namespace sn ON sn.oid = so.oprnamespace WHERE so.oid = a.aggsortop) ELSE '' END
    || CASE f.proparallel WHEN 's' THEN ', PARALLEL = safe' WHEN 'r' THEN ', PARALLEL = restricted' ELSE '' END || CASE WHEN a.aggkind = 'h' THEN ', HYPOTHETICAL' ELSE '' END || ')'] AS statements
FROM pg_aggregate a JOIN pg_proc f ON f.oid = a.aggfnoid JOIN pg_namespace n ON n.oid = f.pronamespace WHERE ${own("pg_proc", "f")}`;

const DICTIONARIES = `
SELECT 'pg_ts_dict:' || d.oid AS key, format('%I.%I', n.nspname, d.dictname) AS name,
  ARRAY[format('CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I%s)', n.nspname, d.dictname, tn.nspname, t.tmplname, coalesce(', ' || d.dictinitoption, ''))] AS statements
FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace JOIN pg_ts_template t ON t.oid = d.dicttemplate JOIN pg_namespace tn ON tn.oid = t.tmplnamespace WHERE ${own("pg_ts_dict", "d")}`;

const CONFIGURATIONS = `
SELECT 'pg_ts_config:' || f.oid AS key, format('%I.%I', n.nspname, f.cfgname) AS name,
  ARRAY[format('CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)', n.nspname, f.cfgname, pn.nspname, p.prsname)]
  || ARRAY(SELECT format('ALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %I WITH %s', n.nspname, f.cfgname, tt.alias, string_agg(format('%I.%I', dn.nspname, d.dictname), ', ' ORDER BY m.mapseqno))
    FROM pg_ts_config_map m JOIN ts_token_type(f.cfgparser) tt ON tt.tokid = m.maptokentype JOIN pg_ts_dict d ON d.oid = m.mapdict JOIN pg_namespace dn ON dn.oid = d.dictnamespace
    WHERE m.mapcfg = f.oid GROUP BY tt.alias, tt.tokid ORDER BY tt.tokid) AS statements
FROM pg_ts_config f JOIN pg_namespace n ON n.oid = f.cfgnamespace JOIN pg_ts_parser p ON p.oid = f.cfgparser JOIN pg_namespace pn ON pn.oid = p.prsnamespace WHERE ${own("pg_ts_config", "f")}`;

/** Without options: they name other machines. */
const FOREIGN_SERVERS = `
SELECT 'pg_foreign_server:' || s.oid AS key, format('%I', s.srvname) AS name,
  CASE WHEN EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_foreign_data_wrapper'::regclass AND x.objid = w.oid AND x.deptype = 'e') THEN '{}'::text[] ELSE ARRAY[format('CREATE FOREIGN DATA WRAPPER %I', w.fdwname)] END
    || ARRAY[format('CREATE SERVER IF NOT EXISTS %I FOREIGN DATA WRAPPER %I', s.srvname, w.fdwname)] AS statements
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE ${notOfExtension("pg_foreign_server", "s.oid")}`;

export const objects = (version: number): string =>
  [COLLATIONS, ENUMS, DOMAINS, COMPOSITES, ranges(version), FUNCTIONS, AGGREGATES, DICTIONARIES, CONFIGURATIONS, FOREIGN_SERVERS].join("\nUNION ALL\n");

/** What a sequence is, from its type on; of an identity column too. */
const sequenceText = (s: string): string =>
  `format('AS %s START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s', format_type(${s}.seqtypid, NULL), ${s}.seqstart, ${s}.seqincrement, ${s}.seqmin, ${s}.seqmax, ${s}.seqcache, CASE WHEN ${s}.seqcycle THEN ' CYCLE' ELSE '' END)`;

export const SEQUENCE_PARTS = `
SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, c.relpersistence = 'u' AS unlogged, ${sequenceText("s")} AS text,
  tn.nspname AS owner_schema, t.relname AS owner_table, a.attname AS owner_column
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class t ON t.oid = d.refobjid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE coalesce(d.deptype, 'a') <> 'i' AND ${own("pg_class", "c")} ORDER BY 2, 3`;

/** `fillfactor='70'`, each quoted as `pg_get_indexdef` quotes it. */
const optionTexts = (options: string, prefix = ""): string =>
  `ARRAY(SELECT ${prefix === "" ? "" : `'${prefix}' || `}quote_ident(o.option_name) || '=' || quote_literal(o.option_value) FROM pg_options_to_table(${options}) o)`;

const columnText = (version: number): string => `format_type(a.atttypid, a.atttypmod)
  || coalesce(' OPTIONS (' || (SELECT string_agg(quote_ident(o.option_name) || ' ' || quote_literal(o.option_value), ', ') FROM pg_options_to_table(a.attfdwoptions) o) || ')', '')
  ${version >= WITH_COMPRESSION ? "|| CASE a.attcompression WHEN 'p' THEN ' COMPRESSION pglz' WHEN 'l' THEN ' COMPRESSION lz4' ELSE '' END" : ""}
  || CASE WHEN a.attcollation <> t.typcollation THEN format(' COLLATE %I.%I', ln.nspname, l.collname) ELSE '' END`;

export const TABLE_PARTS = `
SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, CASE c.relkind WHEN 'p' THEN 'partitioned' WHEN 'f' THEN 'foreign' ELSE 'table' END AS kind, c.relpersistence = 'u' AS unlogged,
  am.amname AS method, ${optionTexts("c.reloptions")} || ${optionTexts("tt.reloptions", "toast.")} AS options, pg_get_partkeydef(c.oid) AS partition_key,
  (SELECT array_agg(h.inhparent::int8 ORDER BY h.inhseqno) FROM pg_inherits h WHERE h.inhrelid = c.oid) AS parents,
  CASE WHEN c.relispartition THEN coalesce(pg_get_expr(c.relpartbound, c.oid), '') END AS bounds,
  CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type, fs.srvname AS server,
  (SELECT string_agg(quote_ident(o.option_name) || ' ' || quote_literal(o.option_value), ', ') FROM pg_options_to_table(ft.ftoptions) o) AS server_options
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam LEFT JOIN pg_class tt ON tt.oid = c.reltoastrelid
LEFT JOIN pg_foreign_table ft ON ft.ftrelid = c.oid LEFT JOIN pg_foreign_server fs ON fs.oid = ft.ftserver
WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND c.oid <> ALL ($1::oid[]) AND ${own("pg_class", "c")} ORDER BY 2, 3`;

export const columnParts = (version: number): string => `
SELECT a.attrelid::int8 AS table, a.attname AS name, ${columnText(version)} AS text, a.attnotnull AS not_null, a.attislocal AS local, a.attinhcount > 0 AS inherited,
  CASE WHEN a.attidentity <> '' ${version >= WITHOUT_PARTITION_IDENTITY ? "AND NOT c.relispartition" : ""} THEN 'GENERATED ' || CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END || ' AS IDENTITY'
    || coalesce((SELECT format(' (SEQUENCE NAME %I.%I %s)', sn.nspname, sc.relname, regexp_replace(${sequenceText("s")}, '^AS \\w+ ', ''))
      FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid JOIN pg_class sc ON sc.oid = s.seqrelid JOIN pg_namespace sn ON sn.oid = sc.relnamespace
      WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i'), '') END AS identity
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_collation l ON l.oid = a.attcollation LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped AND c.oid <> ALL ($1::oid[]) AND ${OWN_SCHEMAS} ORDER BY a.attrelid, a.attnum`;

/** Of columns of tables and of views. */
export const DEFAULT_PARTS = `
SELECT d.oid::int8 AS oid, d.adrelid::int8 AS table, a.attname AS column, pg_get_expr(d.adbin, d.adrelid) AS expression, a.attgenerated AS generated
FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid <> ALL ($1::oid[]) AND c.relpersistence <> 't' AND ${OWN_SCHEMAS} ORDER BY d.adrelid, d.adnum`;

/** A view that reads a locked relation is left out: the server locks what a view reads before it writes it down. */
export const VIEW_PARTS = `
SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind = 'm' AS materialised, c.relispopulated AS populated, am.amname AS method,
  ${optionTexts("c.reloptions")} AS options, pg_get_viewdef(c.oid) AS definition
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam
WHERE c.relkind IN ('v', 'm') AND c.relpersistence <> 't' AND c.oid <> ALL ($1::oid[]) AND ${own("pg_class", "c")}
AND NOT EXISTS (SELECT FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid WHERE r.ev_class = c.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY ($1::oid[]))
ORDER BY 2, 3`;

/**
 * What needs what, apart from that which follows from the structure: rules count as their view, row types and arrays as what they are of.
 * What a generated column needs is recorded as automatic before 15, and as any other from then on.
 */
export const DEPENDENCIES = `
WITH edges AS (SELECT d.classid, d.objid, d.refclassid, d.refobjid FROM pg_depend d
  WHERE (d.deptype = 'n' OR d.deptype = 'a' AND d.refclassid <> 'pg_class'::regclass) AND d.objid >= 16384 AND d.refobjid >= 16384
  AND d.classid IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass, 'pg_attrdef'::regclass, 'pg_constraint'::regclass, 'pg_rewrite'::regclass, 'pg_ts_config'::regclass, 'pg_ts_dict'::regclass)
  AND d.refclassid NOT IN ('pg_namespace'::regclass, 'pg_extension'::regclass))
SELECT DISTINCT CASE WHEN r.oid IS NOT NULL THEN 'pg_class:' || r.ev_class WHEN d.classid = 'pg_class'::regclass AND f.relkind = 'c' THEN 'pg_type:' || f.reltype ELSE d.classid::regclass || ':' || d.objid END AS from,
  CASE WHEN tc.relkind IS NOT NULL AND tc.relkind <> 'c' THEN 'pg_class:' || tc.oid WHEN t.typelem <> 0 AND t.typcategory = 'A' THEN
    CASE WHEN ec.relkind IS NOT NULL AND ec.relkind <> 'c' THEN 'pg_class:' || ec.oid ELSE 'pg_type:' || t.typelem END ELSE d.refclassid::regclass || ':' || d.refobjid END AS to
FROM edges d LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid LEFT JOIN pg_class f ON d.classid = 'pg_class'::regclass AND f.oid = d.objid
LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid LEFT JOIN pg_class tc ON tc.oid = t.typrelid
LEFT JOIN pg_type e ON e.oid = t.typelem LEFT JOIN pg_class ec ON ec.oid = e.typrelid`;

// ------------------------------------------------------------------------------------------------------------ finishing

const COLUMN_SETTINGS = `
SELECT 1 AS part, format('%I.%I', n.nspname, c.relname) AS name, a.attnum AS number, s.statement
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
CROSS JOIN LATERAL (SELECT CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE ONLY' END AS kind) k
CROSS JOIN LATERAL (VALUES
  (CASE WHEN a.attstattarget >= 0 AND c.relkind IN ('i', 'I') THEN format('ALTER INDEX %I.%I ALTER COLUMN %s SET STATISTICS %s', n.nspname, c.relname, a.attnum, a.attstattarget)
    WHEN a.attstattarget >= 0 THEN format('ALTER %s %I.%I ALTER COLUMN %I SET STATISTICS %s', k.kind, n.nspname, c.relname, a.attname, a.attstattarget) END),
  (CASE WHEN a.attstorage <> t.typstorage AND c.relkind IN ('r', 'p', 'm') THEN format('ALTER %s %I.%I ALTER COLUMN %I SET STORAGE %s', k.kind, n.nspname, c.relname, a.attname, CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END) END),
  (CASE WHEN a.attoptions IS NOT NULL AND c.relkind IN ('r', 'p', 'm', 'f') THEN format('ALTER %s %I.%I ALTER COLUMN %I SET (%s)', k.kind, n.nspname, c.relname, a.attname, array_to_string(a.attoptions, ', ')) END)) s(statement)
WHERE s.statement IS NOT NULL AND (a.attstattarget >= 0 OR a.attoptions IS NOT NULL OR a.attstorage <> t.typstorage) AND c.relkind IN ('r', 'p', 'm', 'f', 'i', 'I') AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped AND c.oid <> ALL ($1::oid[]) AND ${own("pg_class", "c")}`;

const TABLE_SETTINGS = `
SELECT 2, format('%I.%I', n.nspname, c.relname), 0, s.statement FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT format('%I.%I', n.nspname, c.relname) AS name) t
CROSS JOIN LATERAL (VALUES
  (CASE c.relreplident WHEN 'f' THEN format('ALTER TABLE ONLY %s REPLICA IDENTITY FULL', t.name) WHEN 'n' THEN format('ALTER TABLE ONLY %s REPLICA IDENTITY NOTHING', t.name)
    WHEN 'i' THEN (SELECT format('ALTER TABLE ONLY %s REPLICA IDENTITY USING INDEX %I', t.name, ic.relname) FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisreplident) END),
  ((SELECT format('ALTER TABLE %s CLUSTER ON %I', t.name, ic.relname) FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisclustered)),
  (CASE WHEN c.relrowsecurity THEN format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name) END),
  (CASE WHEN c.relforcerowsecurity THEN format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name) END)) s(statement)
WHERE s.statement IS NOT NULL AND c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND c.oid <> ALL ($1::oid[]) AND ${own("pg_class", "c")}`;

const STATISTICS_OBJECTS = `
SELECT 3, format('%I.%I', n.nspname, s.stxname), x.number, x.statement FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
CROSS JOIN LATERAL (VALUES (1, pg_get_statisticsobjdef(s.oid)), (2, CASE WHEN s.stxstattarget >= 0 THEN format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname, s.stxstattarget) END)) x(number, statement)
WHERE x.statement IS NOT NULL AND s.stxrelid <> ALL ($1::oid[]) AND ${OWN_SCHEMAS}`;

const RULES = `
SELECT 4, format('%I.%I %I', n.nspname, c.relname, r.rulename), x.number, x.statement FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (VALUES (1, pg_get_ruledef(r.oid)), (2, CASE r.ev_enabled WHEN 'D' THEN format('ALTER TABLE %I.%I DISABLE RULE %I', n.nspname, c.relname, r.rulename)
  WHEN 'R' THEN format('ALTER TABLE %I.%I ENABLE REPLICA RULE %I', n.nspname, c.relname, r.rulename) WHEN 'A' THEN format('ALTER TABLE %I.%I ENABLE ALWAYS RULE %I', n.nspname, c.relname, r.rulename) END)) x(number, statement)
WHERE x.statement IS NOT NULL AND r.rulename <> '_RETURN' AND c.oid <> ALL ($1::oid[]) AND ${own("pg_class", "c")}
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY ($1::oid[]))`;

/** A partition's trigger follows its parent's, unless it is switched otherwise. */
const TRIGGERS = `
SELECT 5, format('%I.%I %I', n.nspname, c.relname, t.tgname), x.number, x.statement FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_trigger p ON p.oid = t.tgparentid
CROSS JOIN LATERAL (VALUES (1, CASE WHEN t.tgparentid = 0 THEN pg_get_triggerdef(t.oid) END), (2, CASE WHEN t.tgenabled <> coalesce(p.tgenabled, 'O') THEN format('ALTER TABLE ONLY %I.%I %s TRIGGER %I', n.nspname, c.relname,
  CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END, t.tgname) END)) x(number, statement)
WHERE x.statement IS NOT NULL AND (NOT t.tgisinternal OR t.tgparentid <> 0 AND p.tgisinternal IS FALSE) AND c.oid <> ALL ($1::oid[]) AND ${own("pg_class", "c")}`;

const POLICIES = `
SELECT 6, format('%I.%I %I', n.nspname, c.relname, p.polname), 0, format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s', p.polname, n.nspname, c.relname, CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
  CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
  (SELECT string_agg(CASE WHEN r.oid = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.oid)) END, ', ' ORDER BY r.oid) FROM unnest(p.polroles) r(oid)))
  || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '') || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid <> ALL ($1::oid[]) AND ${own("pg_class", "c")}`;

const COMMENTS = `
SELECT 7, i.type || ' ' || i.identity, d.objsubid, format('COMMENT ON %s %s IS %L',
  CASE WHEN i.type LIKE '%% column' THEN 'COLUMN' WHEN i.type LIKE '%% constraint' THEN 'CONSTRAINT' WHEN i.type = 'statistics object' THEN 'STATISTICS' ELSE upper(i.type) END,
  CASE WHEN i.type = 'domain constraint' THEN regexp_replace(i.identity, '^(.*) on ', '\\1 on domain ') ELSE i.identity END, d.description)
FROM pg_description d CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) i
WHERE d.objoid >= 16384 AND d.objoid <> ALL ($1::oid[]) AND i.type NOT IN ('extension', 'default value', 'publication', 'event trigger', 'language', 'operator', 'operator class', 'operator family', 'cast', 'access method')
AND coalesce(i.schema, '') !~ '^pg_' AND coalesce(i.schema, '') <> 'information_schema'
AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = d.classoid AND x.objid = d.objoid AND x.deptype = 'e')`;

export const FINISHING = `${[COLUMN_SETTINGS, TABLE_SETTINGS, STATISTICS_OBJECTS, RULES, TRIGGERS, POLICIES, COMMENTS].join("\nUNION ALL\n")}\nORDER BY 1, 2, 3, 4`;

/** Kinds that no statement is written for. */
export const UNSUPPORTED = `
SELECT DISTINCT i.type || ' ' || i.identity AS what FROM (
  SELECT 'pg_operator'::regclass AS class, oid FROM pg_operator UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass UNION ALL SELECT 'pg_cast'::regclass, oid FROM pg_cast
  UNION ALL SELECT 'pg_language'::regclass, oid FROM pg_language UNION ALL SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger UNION ALL SELECT 'pg_publication'::regclass, oid FROM pg_publication
  UNION ALL SELECT 'pg_am'::regclass, oid FROM pg_am UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t WHERE t.typtype = 'b' AND t.typelem = 0) o
CROSS JOIN LATERAL pg_identify_object(o.class, o.oid, 0) i
WHERE o.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = o.class AND x.objid = o.oid AND x.deptype IN ('e', 'i')) ORDER BY 1`;
