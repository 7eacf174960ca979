/** A condition on a key of a document, said as one on the document: what a GIN index with `jsonb_path_ops` serves. */
import type { Statement } from "../../model/index.ts";

const LITERAL = String.raw`(?:'(?:[^']|'')*'|\$\d+)`;

/** `("facts" -> 'colour') = '"blue"'` becomes `"facts" @> jsonb_build_object('colour', '"blue"'::jsonb)`; null where no such condition is found in the text. */
export function asContains({ sql }: Pick<Statement, "sql">, column: string): string | null {
  const name = String.raw`((?:"?\w+"?\.)*"?${column}"?)`;
  const key = String.raw`${name}\s*(->>?)\s*(${LITERAL})(?:::text)?`;
  const condition = new RegExp(String.raw`(?:\(\s*${key}\s*\)|${key})\s*=\s*\(?(${LITERAL})(?:::jsonb|::text)?\)?(?!\s*(?:->|::|\|\|))`, "g");
  const rewritten = sql.replaceAll(condition, (whole: string, ...groups: (string | undefined)[]) => {
    const [document, arrow, asked] = groups[0] === undefined ? groups.slice(3, 6) : groups.slice(0, 3);
    const value = groups[6];
    if (document === undefined || asked === undefined || value === undefined) return whole;
    return `${document} @> pg_catalog.jsonb_build_object(${asked}::text, ${value}::${arrow === "->>" ? "text" : "jsonb"})`;
  });
  return rewritten === sql ? null : rewritten;
}
