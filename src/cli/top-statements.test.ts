import path from "node:path";
import { expect, test } from "vitest";
import { runCli, type CliResult } from "../../tests/support/run-cli.ts";
import { smallSnapshot, type SmallTable } from "../../tests/support/small-catalog.ts";
import { SMALL_PROJECT } from "../../tests/support/small-project.ts";
import { temporaryFolder } from "../../tests/support/temporary-folder.ts";
import { withGiven } from "../../tests/support/given.ts";
import { snapshotPath, writeSnapshot } from "../sources/snapshot-file.ts";

const TABLES: readonly SmallTable[] = [
  { name: "shop_author", columns: { id: "int8", name: "varchar" } },
  { name: "shop_book", columns: { id: "int8", title: "varchar", author_id: "int8" } },
];

const BOOKS = 'SELECT "shop_book"."id", "shop_book"."title", "shop_book"."author_id" FROM "shop_book"';
const AUTHOR = 'SELECT "shop_author"."id", "shop_author"."name" FROM "shop_author" WHERE "shop_author"."id" = $1 LIMIT $2';
const GIVEN = [
  { sql: AUTHOR, calls: 12_000, totalMs: 9000, rows: 12_000 },
  { sql: BOOKS, calls: 120, totalMs: 900, rows: 12_000 },
  { sql: "SELECT count(*) FROM shop_book WHERE title = \u001b[31m$1", calls: 1, totalMs: 100, rows: 1 },
];

function project(statements: readonly object[]): string {
  const root = temporaryFolder(SMALL_PROJECT);
  writeSnapshot(snapshotPath(root), withGiven(smallSnapshot(TABLES), statements.map((one) => `-- given: statement ${JSON.stringify(one)}`).join("\n")));
  return root;
}

const top = (cwd: string, ...args: readonly string[]): Promise<CliResult> => runCli(["top-statements", ...args], { cwd });

test("the statements by time, with the lines that send them", async () => {
  const { stdout, stderr, status } = await top(project(GIVEN));
  expect([stderr, status]).toEqual(["", 0]);
  await expect(stdout).toMatchFileSnapshot(path.join(import.meta.dirname, "../report/goldens/top-statements.txt"));
  for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(stdout).not.toContain("\u001b");
});

test("--limit and JSON", async () => {
  const { stdout } = await top(project(GIVEN), "--limit", "1", "--format", "json");
  const report = JSON.parse(stdout) as { statements: { calls: number; share: number; certainty: string; sites: { file: string; line: number }[] }[] };
  expect(report.statements).toHaveLength(1);
  expect(report.statements[0]).toMatchObject({ calls: 12_000, share: 0.9 });
  expect(report.statements[0]?.sites.map(({ file, line }) => `${file}:${line}`)).toEqual(["shop/views.py:8", "shop/templates/books.html:1"]);
});

test.each([
  ["no snapshot", () => temporaryFolder(SMALL_PROJECT), "there is no snapshot of a database here."],
  ["a snapshot without statements", () => project([]), "the snapshot holds no statements."],
])("%s is one sentence and status 2", async (_name, make, sentence) => {
  const { stdout, stderr, status } = await top(make());
  expect([stdout, status]).toEqual(["", 2]);
  expect(stderr).toContain(sentence);
});
