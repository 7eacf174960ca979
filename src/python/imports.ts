import type { Import } from "../model/index.ts";
import type { LowerStmt, Walk } from "./walk.ts";

type ImportName = Import["names"][number];

const importStatement: LowerStmt = (walk, out) => {
  const { start, end } = walk.cursor;
  out.push({ kind: "import", start, end, from: null, level: 0, names: lowerNames(walk) });
};

const futureImport: LowerStmt = (walk, out) => {
  const { start, end } = walk.cursor;
  out.push({ kind: "import", start, end, from: "__future__", level: 0, names: lowerNames(walk) });
};

const importFrom: LowerStmt = (walk, out) => {
  const { cursor, grammar } = walk;
  const { start, end } = cursor;
  if (!cursor.down()) return;
  const isRelative = cursor.type === grammar.id.relative_import;
  const { from, level } = isRelative ? lowerRelative(walk) : { from: dotted(walk), level: 0 };
  const names: ImportName[] = [];
  while (cursor.next()) names.push(lowerName(walk));
  cursor.up();
  out.push({ kind: "import", start, end, from, level, names });
};

function lowerNames(walk: Walk): ImportName[] {
  const { cursor } = walk;
  const names: ImportName[] = [];
  if (!cursor.down()) return names;
  do names.push(lowerName(walk));
  while (cursor.next());
  cursor.up();
  return names;
}

function lowerName(walk: Walk): ImportName {
  const { cursor, grammar } = walk;
  if (cursor.type === grammar.id.wildcard_import) return { name: "*", alias: null };
  if (cursor.type !== grammar.id.aliased_import || !cursor.down()) return { name: dotted(walk), alias: null };
  const name = dotted(walk);
  const alias = cursor.next() ? dotted(walk) : null;
  cursor.up();
  return { name, alias };
}

function lowerRelative(walk: Walk): { readonly from: string | null; readonly level: number } {
  const { cursor } = walk;
  let from: string | null = null;
  let level = 0;
  if (!cursor.down()) return { from, level: 1 };
  do {
    if (cursor.type === walk.grammar.id.import_prefix) level = dotted(walk).length;
    else from = dotted(walk);
  } while (cursor.next());
  cursor.up();
  return { from, level };
}

/** A dotted name may be spread over spaces, comments and continued lines. */
function dotted({ cursor, text }: Walk): string {
  return text.slice(cursor.start, cursor.end).replace(/#[^\n\r]*|[\s\\]+/g, "");
}

export const imports: Readonly<Record<string, LowerStmt>> = {
  import_statement: importStatement,
  future_import_statement: futureImport,
  import_from_statement: importFrom,
};
