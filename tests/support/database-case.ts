/** Fixtures of rules that look at a database: SQL that a real PostgreSQL runs, with what SQL cannot say given in comments. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { section } from "./rule-cases.ts";

export type CaseKind = "bad" | "good" | "unknown";

export interface DatabaseCase {
  readonly rule: string;
  readonly name: string;
  readonly kind: CaseKind;
  readonly sql: string;
  /** The project's files beside the database; none for a case without source. */
  readonly files: Readonly<Record<string, string>>;
  /** Objects that findings, or unjudged ones, must name: `index public.orders_status_idx`. */
  readonly expected: readonly string[];
  /** Marks in the source: `# expect: rule`. */
  readonly expectedLines: readonly { readonly file: string; readonly line: number }[];
  /** Blocks of documentation say only whether the rule reports. */
  readonly isMarked: boolean;
}

const DATABASE_FILE = "database.sql";

/** `bad-*.sql`, `good-*.sql`, `unknown-*.sql`, and `.md` of the same names that hold a block of `database.sql`. */
export function databaseCases(folder: string): DatabaseCase[] {
  const home = path.join(folder, "fixtures");
  if (!existsSync(home)) return [];
  return readdirSync(home)
    .filter((name) => /^(?:bad|good|unknown)-.*\.(?:sql|md)$/.test(name))
    .toSorted()
    .flatMap((name) => toCase(path.basename(folder), name, readFileSync(path.join(home, name), "utf8")));
}

function toCase(rule: string, name: string, text: string): DatabaseCase[] {
  const kind = name.slice(0, name.indexOf("-")) as CaseKind;
  if (name.endsWith(".sql")) return [{ rule, name, kind, sql: text, files: {}, expected: expectedObjects(text), expectedLines: [], isMarked: true }];
  const blocks = namedBlocks(text);
  const sql = blocks[DATABASE_FILE];
  if (sql === undefined) return [];
  const files = Object.fromEntries(Object.entries(blocks).filter(([file]) => file !== DATABASE_FILE));
  return [
    {
      rule,
      name,
      kind,
      sql,
      files,
      expected: expectedObjects(sql),
      expectedLines: Object.entries(files).flatMap(([file, source]) => expectedLines(file, source)),
      isMarked: true,
    },
  ];
}

function namedBlocks(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^```\w+ +(\S+)\n([\s\S]*?)^```$/gm)].map(([, file = "", source = ""]) => [file, source]));
}

function expectedObjects(sql: string): string[] {
  return [...sql.matchAll(/^-- expect: (.+)$/gm)].map(([, object = ""]) => object.trim());
}

function expectedLines(file: string, source: string): { readonly file: string; readonly line: number }[] {
  return source.split("\n").flatMap((line, index) => (/# expect: [\w-]+/.test(line) ? [{ file, line: index + 1 }] : []));
}

/** The SQL blocks below Bad and Good of a rule's page. */
export function databaseDocCases(folder: string): DatabaseCase[] {
  const text = readFileSync(path.join(folder, "doc.md"), "utf8");
  return (["Bad", "Good"] as const).flatMap((title) =>
    [...section(text, title).matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(([, sql = ""], index) => ({
      rule: path.basename(folder),
      name: `doc.md, ${title} ${index + 1}`,
      kind: title === "Bad" ? ("bad" as const) : ("good" as const),
      sql,
      files: {},
      expected: [],
      expectedLines: [],
      isMarked: false,
    })),
  );
}

/** `-- database: LOCALE_PROVIDER icu …`: options of CREATE DATABASE. */
export function databaseOptions(sql: string): string {
  return /^-- database: (.+)$/m.exec(sql)?.[1] ?? "";
}
