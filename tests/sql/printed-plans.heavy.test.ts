/** Plans as a real psql prints them, with each of its formats. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Plan, PlanNode } from "../../src/model/index.ts";
import { readStatementFiles } from "../../src/sources/statement-files.ts";
import { startPostgres } from "../support/services.ts";

const work = mkdtempSync(path.join(tmpdir(), "luthier-test-"));
let stopServer: () => void = () => {};
let psql: (args: readonly string[], sql: string) => string;

const SETUP = `
CREATE TABLE author (id int PRIMARY KEY, name text);
CREATE TABLE book (id int PRIMARY KEY, author_id int REFERENCES author, title text);
INSERT INTO author SELECT g, 'author ' || g FROM generate_series(1, 500) g;
INSERT INTO book SELECT g, g % 500 + 1, repeat('title' || g, 20) FROM generate_series(1, 20000) g;
CREATE INDEX ON book (author_id);
ANALYZE;
`;
const EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, VERBOSE, FORMAT JSON)";
const SORT = `SET work_mem = '64kB'; SET max_parallel_workers_per_gather = 0; ${EXPLAIN} SELECT * FROM book WHERE title LIKE 'title1%' ORDER BY title;`;

beforeAll(async () => {
  const { cluster, stop } = await startPostgres();
  stopServer = stop;
  psql = (args, sql) =>
    execFileSync(path.join(cluster.binaries, "psql"), ["-X", ...args, "-f", "-"], { env: { ...process.env, ...cluster.env }, input: sql, encoding: "utf8" });
  psql(["-q"], SETUP);
});

afterAll(() => {
  stopServer();
  rmSync(work, { recursive: true, force: true });
});

async function plansOf(args: readonly string[], sql: string): Promise<readonly Plan[]> {
  const file = path.join(work, "plans.txt");
  writeFileSync(file, psql(args, sql));
  const { plans, notices } = await readStatementFiles([file]);
  expect(notices).toEqual([]);
  return plans;
}

const nodes = (node: PlanNode): PlanNode[] => [node, ...node.children.flatMap((one) => nodes(one))];

describe("plans of psql", () => {
  it.each([
    ["as it is", []],
    ["with a frame", ["-P", "border=2"]],
    ["without a header", ["-t"]],
    ["unaligned", ["-A", "-t"]],
    ["expanded", ["-x"]],
    ["expanded, with a frame", ["-x", "-P", "border=2"]],
    ["with lines of Unicode", ["-P", "linestyle=unicode", "-P", "border=2"]],
    ["with statements echoed and timed", ["-e", "-c", "\\timing on"]],
  ])("are read %s", async (_name, args) => {
    const plans = await plansOf(
      args.filter((one) => one !== "-c" && !one.startsWith("\\")),
      args.includes("-c") ? `\\timing on\n${SORT}` : SORT,
    );
    expect(plans).toHaveLength(1);
    const [plan] = plans;
    expect(plan).toMatchObject({ isAnalyzed: true, root: { type: "Sort", sort: { method: "external merge", space: "Disk" } } });
    const scan = plan === undefined ? undefined : nodes(plan.root).find((one) => one.relation === "book");
    expect(scan).toMatchObject({
      type: "Seq Scan",
      schema: "public",
      loops: 1,
      actualRows: 11_111,
      removedByFilter: 8889,
      conditions: { filter: "(book.title ~~ 'title1%'::text)" },
    });
    expect(scan?.blocks?.hit).toBeGreaterThan(0);
  });

  it("have hashes, caches, triggers and loops", async () => {
    const join = "SELECT * FROM book JOIN author ON author.id = book.author_id";
    const [hash, memoize, deletion] = await plansOf(
      [],
      `
      SET max_parallel_workers_per_gather = 0; SET work_mem = '64kB'; SET enable_mergejoin = off; SET enable_nestloop = off;
      ${EXPLAIN} ${join};
      SET enable_nestloop = on; SET enable_hashjoin = off;
      ${EXPLAIN} ${join};
      BEGIN; ${EXPLAIN} UPDATE book SET author_id = 1 WHERE id <= 50; ROLLBACK;`,
    );
    expect(hash === undefined ? [] : nodes(hash.root).flatMap((one) => one.hash ?? [])).toHaveLength(1);
    expect(memoize === undefined ? [] : nodes(memoize.root).flatMap((one) => one.cache ?? [])).toMatchObject([{ misses: 500 }]);
    expect(deletion?.triggers).toMatchObject([{ name: "book_author_id_fkey", calls: 50 }]);
  });
});
