/**
 * Where SQL of a snapshot goes through. A snapshot may come from anybody, and the phantom's own connection is a superuser's: so that none of its text
 * can run programs or read files of this machine, it is run by functions that are another role's, which may not, and which cannot be left from within.
 */
import { quoteLiteral } from "../../postgres/quote.ts";
import type { Ask } from "./connection.ts";

/** Owns all that the snapshot brings. It has no right but to make things in this database. */
export const OWNER = "luthier_owner";
const SCHEMA = "luthier_phantom";

const door = (name: string, result: string, body: string): string[] => [
  `CREATE FUNCTION ${SCHEMA}.${name}(sql pg_catalog.text) RETURNS ${result} LANGUAGE plpgsql SECURITY DEFINER AS $luthier$ ${body} $luthier$`,
  `ALTER FUNCTION ${SCHEMA}.${name}(pg_catalog.text) OWNER TO ${OWNER}`,
];

/** In the database, before anything of the snapshot is there. */
export function makeDoor(database: string): readonly string[] {
  return [
    `CREATE ROLE ${OWNER} NOLOGIN`,
    `GRANT CREATE, TEMPORARY ON DATABASE ${database} TO ${OWNER}`,
    `GRANT ALL ON SCHEMA public TO ${OWNER}`,
    `CREATE SCHEMA ${SCHEMA}`,
    `GRANT ALL ON SCHEMA ${SCHEMA} TO ${OWNER}`,
    ...door("run", "pg_catalog.void", "BEGIN EXECUTE sql; END"),
    ...door("explain", "pg_catalog.json", "DECLARE plan pg_catalog.json; BEGIN EXECUTE sql INTO plan; RETURN plan; END"),
  ];
}

/** Functions of the snapshot in other languages than SQL always run as their owner, whoever calls them; those in SQL are read by the planner as they are. */
export const CONFINE = `UPDATE pg_catalog.pg_proc p SET prosecdef = true WHERE p.proowner = '${OWNER}'::pg_catalog.regrole AND p.prolang <> (SELECT l.oid FROM pg_catalog.pg_language l WHERE l.lanname = 'sql') AND p.pronamespace <> '${SCHEMA}'::pg_catalog.regnamespace`;

export const throughDoor = (sql: string): string => `SELECT ${SCHEMA}.run(${quoteLiteral(sql)})`;

/** As a column that is called what EXPLAIN calls it. */
export const explainThroughDoor = (sql: string): string => `SELECT ${SCHEMA}.explain(${quoteLiteral(sql)}) AS "QUERY PLAN"`;

export async function runThroughDoor(ask: Ask, sql: string): Promise<void> {
  await ask(throughDoor(sql));
}

/** What a SELECT of one document gives, by the door that EXPLAIN goes through; the same chances every time. */
export async function readThroughDoor<Document>(ask: Ask, sql: string): Promise<Document | null> {
  const rows = await ask<{ readonly "QUERY PLAN"?: Document | null }>(`SELECT pg_catalog.setseed(0.5); ${explainThroughDoor(sql)}`);
  return rows.at(-1)?.["QUERY PLAN"] ?? null;
}

/** Extensions reach beyond the database, or bring languages that do. */
const REACHING =
  /^(?:dblink|postgres_fdw|file_fdw|adminpack|pl(?:python|perl|tcl|java|r|v8|sh|lua|rust)\w*|lo|pg_cron|pg_net|http|pgsql_http|aws_\w+|xml2|sslinfo|oracle_fdw|mysql_fdw|tds_fdw|multicorn|pageinspect|pg_background)$/i;

const EXTENSION = /^CREATE EXTENSION IF NOT EXISTS "((?:[^"]|"")+)" WITH SCHEMA "(?:[^"]|"")+"$/;
const ROLE =
  /^DO \$luthier\$ BEGIN IF NOT EXISTS \(SELECT FROM pg_catalog\.pg_roles WHERE rolname = '(?:[^']|'')*'\) THEN CREATE ROLE "(?:[^"]|"")+" NOLOGIN; END IF; END \$luthier\$$/;

export type Way =
  | { readonly kind: "owner"; readonly sql: string }
  | { readonly kind: "superuser"; readonly sql: string }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "skipped" };

/** How a statement of the schema is run. Only what Luthier's own snapshots say word for word is the superuser's. */
export function wayOf(statement: string): Way {
  const extension = EXTENSION.exec(statement)?.[1];
  if (extension !== undefined)
    return REACHING.test(extension)
      ? { kind: "refused", why: `extension ${extension} reaches beyond the database: what uses it is left out` }
      : { kind: "superuser", sql: statement };
  if (ROLE.test(statement)) return { kind: "superuser", sql: statement };
  // It would run the view's query.
  if (/^REFRESH\b/i.test(statement)) return { kind: "skipped" };
  return { kind: "owner", sql: statement };
}
