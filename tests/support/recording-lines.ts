import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export interface RecordedScope {
  readonly kind: string;
  readonly name: string;
  readonly parent: RecordedScope | null;
  facts: Readonly<Record<string, unknown>>;
  readonly process: string;
}

export interface RecordedStatement {
  readonly sql: string;
  readonly scope: RecordedScope;
  readonly state: number;
  readonly rows: number;
  /** `forward store.Order.customer`, or empty. */
  readonly cause: string;
  /** The fetch of the parent instance, 0 for none. */
  readonly fetch: number;
  readonly instance: number;
  readonly error: string | null;
  readonly params: string | null;
  /** `store/views.py:12 orders`, innermost first. */
  readonly stack: readonly string[];
  readonly process: string;
}

/** A recording as a test reads it: whole, and with every id looked up, which throws when a line names an unknown one. */
export interface ReadLines {
  readonly statements: readonly RecordedStatement[];
  readonly scopes: readonly RecordedScope[];
  readonly lines: readonly (readonly unknown[])[];
  readonly files: readonly string[];
}

type Row = readonly unknown[];

export function readLines(folder: string): ReadLines {
  const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  const read = files.map((file) => readFile(path.join(folder, file), file));
  return {
    files,
    lines: read.flatMap(({ lines }) => lines),
    scopes: read.flatMap(({ scopes }) => scopes),
    statements: read.flatMap(({ statements }) => statements),
  };
}

/** Every line that ends in a newline must be one JSON array. */
function wholeLines(file: string): Row[] {
  const text = readFileSync(file, "utf8");
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
}

function readFile(file: string, process: string): Omit<ReadLines, "files"> {
  const lines = wholeLines(file);
  const tables = new Map<unknown, Map<unknown, Row>>();
  const scopes = new Map<unknown, RecordedScope>();
  const statements: RecordedStatement[] = [];
  const look = (table: string, id: unknown): Row => {
    const found = tables.get(table)?.get(id);
    if (!found) throw new Error(`${process}: ${table} ${String(id)} is used before its definition`);
    return found;
  };
  const scopeOf = (id: unknown): RecordedScope => {
    const found = scopes.get(id);
    if (!found) throw new Error(`${process}: scope ${String(id)} is used before its beginning`);
    return found;
  };
  const text = (table: string, id: unknown): string => String(look(table, id)[2]);
  const frame = (id: unknown): string => {
    const [, , path_, line, name] = look("f", id);
    return `${text("p", path_)}:${String(line)}${typeof name === "string" && name !== "" ? ` ${name}` : ""}`;
  };
  for (const line of lines) {
    const [kind, id] = line;
    if (["s", "p", "f", "k", "n", "a"].includes(String(kind))) {
      tables.set(kind, (tables.get(kind) ?? new Map<unknown, Row>()).set(id, line));
    } else if (kind === "b") {
      const [, , parent, scopeKind, name] = line;
      scopes.set(id, { kind: String(scopeKind), name: String(name), parent: parent ? scopeOf(parent) : null, facts: {}, process });
    } else if (kind === "e") {
      scopeOf(id).facts = line[3] as Record<string, unknown>;
    } else if (kind === "x") {
      const [, , , sql, stack, scope, , state, rows, cause, instance, error = null, params = null] = line;
      const [, , what, model, field, fetch = 0] = cause ? look("a", cause) : [];
      statements.push({
        sql: text("s", sql),
        scope: scopeOf(scope),
        state: Number(state),
        rows: Number(rows),
        cause: cause ? `${String(what)} ${text("n", model)}.${text("n", field)}` : "",
        fetch: Number(fetch),
        instance: Number(instance),
        error: error as string | null,
        params: params as string | null,
        stack: (look("k", stack)[2] as number[]).map(frame),
        process,
      });
    }
  }
  return { lines, scopes: [...scopes.values()], statements };
}
