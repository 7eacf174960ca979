/** From a statement's text to its shape's key; texts that differ in literals alone are parsed once. */
import type { QueryShape } from "../model/index.ts";
import { shapeKey } from "../sql/compare-shapes.ts";
import { foldLiterals } from "../sql/fold-literals.ts";
import type { SqlParser } from "../sql/open-parser.ts";

export interface KeyedStatement {
  readonly key: string;
  /** Of the first text with these literals. */
  readonly shape: QueryShape | null;
  readonly literals: readonly string[];
}

/** Distinct texts whose shape is remembered. Ours. */
const MOST_TEXTS = 50_000;
/** Characters of a text that stands for itself, where it has no shape. Ours. */
const LONGEST_TEXT = 1000;
/** Commands that name what they work on, so that each would be a statement of its own. */
const COMMANDS: ReadonlySet<string> = new Set(["SAVEPOINT", "RELEASE", "ROLLBACK", "FETCH", "CLOSE", "DEALLOCATE", "MOVE"]);

export function keyStatements(parser: SqlParser): (sql: string) => KeyedStatement {
  const known = new Map<string, Omit<KeyedStatement, "literals">>();
  return (sql) => {
    const { text, literals } = foldLiterals(sql);
    const remembered = known.get(text);
    if (remembered !== undefined) return { ...remembered, literals };
    const shape = parser.shapeOf(sql);
    const fresh = { key: shape === null ? shapelessKey(text) : shapeKey(shape, { constants: "erased" }), shape };
    if (known.size >= MOST_TEXTS) known.clear();
    known.set(text, fresh);
    return { ...fresh, literals };
  };
}

function shapelessKey(text: string): string {
  const word = /^\s*([a-z]+)/i.exec(text)?.[1]?.toUpperCase() ?? "";
  return COMMANDS.has(word) ? word : text.slice(0, LONGEST_TEXT);
}
