/** The server's words for a statement that the server itself does not take. */

/** Syntax that wants a literal: `EXTRACT(MONTH FROM at)` is counted as `EXTRACT($1 FROM at)`, `DATE '2026-01-01'` as `DATE $1`. */
const EXTRACT = /\bEXTRACT\s*\(\s*(\$\d+)\s+FROM\s+/gi;
const TYPED = /(?<![\w."])(INTERVAL|DATE|TIME|TIMETZ|TIMESTAMP|TIMESTAMPTZ)\s+(\$\d+)/gi;

/** From 14 on EXTRACT is a function of its own, of numeric; before it was `date_part`. */
const WITH_EXTRACT = 14;

/**
 * A counted statement with a parameter at each place where only a literal may stand, as one that can be planned: the functions and casts that the
 * syntax stands for. Numbers of parameters stay.
 *
 * @example
 * typedParameters("SELECT EXTRACT($1 FROM at) FROM t", 16) // 'SELECT pg_catalog."extract"($1, at) FROM t'
 */
export function typedParameters(sql: string, major: number): string {
  const part = major >= WITH_EXTRACT ? 'pg_catalog."extract"' : "pg_catalog.date_part";
  return sql
    .replaceAll(EXTRACT, (_, parameter: string) => `${part}(${parameter}, `)
    .replaceAll(TYPED, (_, type: string, parameter: string) => `CAST(${parameter} AS ${type})`);
}
