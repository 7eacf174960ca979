/** The expression on a time that statements compare, as an index would hold it: only with one time zone, written down, is it the same for everybody. */
import type { IndexKeySpec } from "../../fixes/migrations/index.ts";
import type { Column, Statement } from "../../model/index.ts";
import { quoteLiteral, quoteName } from "../../postgres/quote.ts";

const ZONE = String.raw`(?:'((?:[^']|'')+)'|\$(\d+))`;

/** The time zone of every statement; null where it is not known, or not one. */
export function zoneOf(statements: readonly Pick<Statement, "sql" | "samples">[], column: string): string | null {
  const zones = new Set(statements.flatMap((one) => zonesIn(one, column)));
  const [only] = zones;
  return zones.size === 1 && only !== undefined && only !== "" ? only : null;
}

function zonesIn({ sql, samples }: Pick<Statement, "sql" | "samples">, column: string): string[] {
  const found = [...sql.matchAll(new RegExp(String.raw`"?\b${column}"?\s+AT\s+TIME\s+ZONE\s+${ZONE}`, "gi"))];
  if (found.length === 0) return [""];
  return found.flatMap(([, text, number]) => {
    if (text !== undefined) return [text.replaceAll("''", "'")];
    const values = samples.map((one) => one[Number(number) - 1] ?? "");
    return values.length === 0 ? [""] : values;
  });
}

/** Where a part of it is asked for, which: all statements alike. */
export function partOf(statements: readonly Pick<Statement, "sql">[]): string | null {
  const parts = new Set(statements.flatMap(({ sql }) => [...sql.matchAll(/EXTRACT\(\s*'?(\w+)'?\s+FROM/gi)].map(([, part = ""]) => part.toLowerCase())));
  const [only] = parts;
  return parts.size === 1 && only !== undefined ? only : null;
}

/** Django's own words for what an index of its models would hold depend on its setting of the time zone; SQL does not. */
export function timeKey(kind: "date" | "part", column: Column, statements: readonly Statement[]): IndexKeySpec | null {
  const zone = column.typeName === "timestamptz" ? zoneOf(statements, column.name) : "";
  if (zone === null) return null;
  const local = column.typeName === "timestamptz" ? `(${quoteName(column.name)} AT TIME ZONE ${quoteLiteral(zone)})` : quoteName(column.name);
  const part = partOf(statements);
  if (kind === "part" && part === null) return null;
  const sql = kind === "date" ? `${local}::date` : `EXTRACT(${part ?? ""} FROM ${local})`;
  return { kind: "expression", sql: `(${sql})`, python: (nameIn) => `${nameIn("django.db.models.expressions", "RawSQL")}(${JSON.stringify(sql)}, [])` };
}
