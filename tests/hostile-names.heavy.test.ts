/** Names that are made to break what they are put into: no report acts on them, and the SQL of fixes means what it says. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runRules } from "../src/findings/run-rules.ts";
import type { Database, Finding } from "../src/model/index.ts";
import { openDatabase } from "../src/open-database.ts";
import { renderMarkdown } from "../src/report/markdown.ts";
import { renderSarif } from "../src/report/sarif.ts";
import { PLAIN_STYLE } from "../src/report/terminal-style.ts";
import { renderText } from "../src/report/text.ts";
import { renderTopStatements } from "../src/report/top-statements.ts";
import { loadRules } from "../src/rules/load-rules.ts";
import { startDatabaseWorld, type BuiltDatabase, type DatabaseWorld } from "./support/database-world.ts";
import { withGiven } from "./support/given.ts";
import { sampleContext, SAMPLE_REPORT } from "./support/sample-report.ts";

const ESCAPE = "\u001B[31m\u001B]8;;http://evil\u001B\\";
const TABLE = 'x"; DROP TABLE y; --';
const INDEXES = [`evil\n${ESCAPE} ::error::`, "evil `[x](javascript:alert(1))`", "back\\slash \u202E```\n# heading", "plain"];
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const SCHEMA = `
CREATE TABLE y (id int);
CREATE TABLE ${quoted(TABLE)} (id integer PRIMARY KEY, "<script>alert(1)</script>" text, "a](javascript:alert(1))" varchar(60), amount float8, price float8, "un""used" integer);
INSERT INTO ${quoted(TABLE)} SELECT n, '<script>' || n % 3, '](javascript:alert(1))', 1, 1, n FROM generate_series(1, 200000) n;
${INDEXES.map((name) => `CREATE INDEX ${quoted(name)} ON ${quoted(TABLE)} ("un""used");`).join("\n")}
ANALYZE;
`;
const STATEMENT = `SELECT ${ESCAPE} ](javascript:alert(1)) "<script>" FROM ${quoted(TABLE)} WHERE`;
const GIVEN = `-- given: statement ${JSON.stringify({ sql: STATEMENT, calls: 5000, totalMs: 90_000, rows: 1 })}`;

let world: DatabaseWorld;
let built: BuiltDatabase;
let database: Database;
let findings: readonly Finding[];

beforeAll(async () => {
  world = await startDatabaseWorld();
  built = await world.build(SCHEMA);
  database = await openDatabase({ snapshot: withGiven(built.snapshot, GIVEN), file: "snapshot.json.gz", plans: [], logged: [], stamp: "hostile" }, null);
  findings = runRules(
    (await loadRules()).filter((rule) => rule.judge !== undefined || rule.audit !== undefined),
    { source: null, database, thresholds: {} },
  ).findings;
});
afterAll(() => world.stop());

const report = () => ({ ...SAMPLE_REPORT, findings });
/** Escapes, and marks that turn text round. */
// oxlint-disable-next-line no-control-regex
const ACTIVE = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E]/;

test("something is said of each of the names", () => {
  expect(findings.filter(({ rule }) => rule === "duplicate-index")).toHaveLength(INDEXES.length - 1);
  expect(findings.map(({ rule }) => rule)).toEqual(expect.arrayContaining(["float-for-money", "never-null-nullable", "top-statements"]));
});

describe("no report acts on a name", () => {
  test("text", () => expect(renderText(report(), sampleContext(), { ...PLAIN_STYLE, verbose: true })).not.toMatch(ACTIVE));
  test("statements", () =>
    expect(renderTopStatements(database, sampleContext(), { limit: 20, width: 80, ellipsis: "…", position: () => ({ line: 1, column: 1 }) })).not.toMatch(
      ACTIVE,
    ));
  test("SARIF", () => {
    const text = renderSarif(report(), sampleContext());
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
    const { runs } = JSON.parse(text) as { runs: { results: { message: { text: string; markdown?: string } }[] }[] };
    const messages = runs.flatMap(({ results }) => results.flatMap(({ message }) => [message.text, message.markdown ?? ""]));
    expect(messages.length).toBeGreaterThan(INDEXES.length);
    for (const message of messages) expect(message).not.toMatch(ACTIVE);
    for (const message of messages) expect(message).not.toMatch(/(?<!\\)\]\(javascript:/);
  });

  test("markdown", () => {
    const text = renderMarkdown(report(), sampleContext());
    expect(text).not.toMatch(ACTIVE);
    const outside = text.replaceAll(/^(`{3,})[^\n]*\n[^]*?^\1$/gm, "").replaceAll(/(`+)(?!`)[^\n]*?[^`]\1(?!`)/g, "");
    expect(outside).not.toMatch(/(?<!\\)\]\(javascript:/);
    expect(outside).not.toMatch(/(?<!\\)<script/);
    expect(outside).not.toMatch(/^# heading/m);
  });
});

test("the SQL of fixes runs, means these objects alone, and its undo brings them back", () => {
  const objects = (): string =>
    built.run(
      "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid::regclass::text !~ '^pg_' ORDER BY 2; SELECT attname, attnotnull, atttypid::regtype FROM pg_attribute WHERE attnum > 0 AND attrelid = (SELECT oid FROM pg_class WHERE relkind = 'r' AND relname LIKE 'x%TABLE y%'); SELECT to_regclass('y');",
    );
  const before = objects();
  const ofObjects = findings.filter(({ places }) => places.some(({ role }) => role === "index" || role === "table"));
  const fixes = ofObjects.flatMap(({ fixes: all }) => all.flatMap(({ sql }) => sql ?? []));
  expect(fixes.length).toBeGreaterThan(INDEXES.length);
  for (const { forward, reverse } of fixes) {
    built.run(`${forward.map((one) => one.replace(/;?\s*$/, ";")).join("\n")}\n`);
    expect(objects()).not.toBe(before);
    built.run(`${reverse.map((one) => one.replace(/;?\s*$/, ";")).join("\n")}\n`);
    expect(objects()).toBe(before);
  }
});
