/** A phantom plans as the server that it is of, without that server's rows: same plans, same costs, and the same decisions about indexes that are not there. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPhantom, type Phantom } from "../../src/sources/phantom/open-phantom.ts";
import { execute, look, startMajor, withClient, type RunningServer } from "../support/servers.ts";
import { ask, marketStatements, quantile, tryIndex, type Trial } from "./compare.ts";
import { CANDIDATES, EXPRESSIONS, QUESTIONS } from "./questions.ts";

/** The others for a release, or by hand: PHANTOM_MAJORS=13,14,17 npx vitest run tests/phantom/fidelity.heavy.test.ts */
const MAJORS = process.env["PHANTOM_MAJORS"]?.split(",").map(Number) ?? [15, 16, 18];

/** Other than the phantom's own defaults, so that they must have been taken over. */
const SETTINGS = {
  random_page_cost: "2.5",
  work_mem: "6MB",
  effective_cache_size: "1GB",
  max_parallel_workers_per_gather: "3",
  min_parallel_table_scan_size: "2MB",
  autovacuum: "off",
};

describe.each(MAJORS)("PostgreSQL %i", (major) => {
  let server: RunningServer;
  let phantom: Phantom;
  beforeAll(async () => {
    server = await startMajor(major, { settings: SETTINGS });
    await execute(server.cluster.url, ...marketStatements());
    const snapshot = await look(server.cluster.url);
    const started = performance.now();
    phantom = await openPhantom(snapshot, { folders: [server.cluster.binaries] });
    say(`PostgreSQL ${phantom.version}: opened in ${Math.round(performance.now() - started)} ms`);
  });
  afterAll(async () => {
    await phantom?.close();
    server?.stop();
  });
  const real = <Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> => withClient(server.cluster.url, work);

  test("plans every question as the server does, at the same cost", async () => {
    const answers = await real((client) => ask(client, phantom, QUESTIONS));
    const others = answers.filter(({ isSamePlan, error }) => !isSamePlan || error > 0);
    say(
      `PostgreSQL ${major}: ${answers.length} questions, same plan ${answers.filter(({ isSamePlan }) => isSamePlan).length}, same cost ${answers.filter(({ error }) => error === 0).length}`,
    );
    expect(phantom.notes).toEqual([]);
    expect(others).toEqual([]);
  });

  test("decides about indexes that are not there as the server does when they are", async () => {
    const trials = (await real((client) => trialsOf(client, phantom, CANDIDATES))).flat();
    report(major, "indexes", trials);
    expect(trials.filter(({ uses: [one, other] }) => one !== other)).toEqual([]);
    expect(
      quantile(
        trials.map(({ error }) => error),
        0.9,
      ),
    ).toBeLessThanOrEqual(0.05);
    expect(quantile(sizeErrors(trials), 0.9)).toBeLessThanOrEqual(0.05);
  });

  test("knows of an expression what ANALYZE will find", async () => {
    const trials = (await real((client) => trialsOf(client, phantom, EXPRESSIONS, true))).flat();
    report(major, "expressions", trials);
    expect(trials.filter(({ uses: [one, other] }) => one !== other)).toEqual([]);
    // Values whose shares the column's own statistics tell; a hundred documents do not tell theirs, and two ANALYZEs are a tenth apart on a single day.
    const known = trials.filter(({ index }) => /lower|upper|weight|round/.test(index));
    expect(known.length).toBeGreaterThanOrEqual(5);
    expect(known.filter(({ error }) => error > 0.06)).toEqual([]);
  });

  test("leaves no trace of what was tried", async () => {
    const sql = "SELECT * FROM purchase WHERE coupon = 'C77'";
    const before = await phantom.plan(sql);
    const during = await phantom.whatIf({ add: ["CREATE INDEX CONCURRENTLY probe ON purchase (coupon)"], settings: { seq_page_cost: "3" } }, ({ plan }) =>
      plan(sql),
    );
    const failed = phantom.whatIf({ add: [{ table: { schema: "public", name: "purchase" }, keys: ["coupon"] }] }, () => Promise.reject(new Error("given up")));
    await expect(failed).rejects.toThrow("given up");
    expect(during.root.cost.total).toBeLessThan(before.root.cost.total / 10);
    expect(await phantom.plan(sql)).toEqual(before);
  });

  test("plans without an index that is there", async () => {
    const sql = "SELECT * FROM purchase WHERE buyer_id = 12";
    const without = await phantom.whatIf({ drop: [{ schema: "public", name: "purchase_buyer" }] }, ({ plan }) => plan(sql));
    const truth = await real(async (client) => {
      await client.query("BEGIN");
      await client.query("DROP INDEX purchase_buyer");
      return (await client.query<{ "QUERY PLAN": readonly { readonly Plan: { readonly "Total Cost": number } }[] }>(`EXPLAIN (FORMAT JSON) ${sql}`)).rows[0]?.[
        "QUERY PLAN"
      ][0]?.Plan["Total Cost"];
    });
    expect(without.root.cost.total).toBe(truth);
  });

  test("plans for given values and for any", async () => {
    const sql = "SELECT * FROM purchase WHERE stage = $1 AND placed > $2 /* $1 */";
    const given = await phantom.plan(sql, { literals: ["open", "2026-01-20"] });
    const any = await phantom.plan(sql, { generic: true });
    expect(given.root.index ?? given.root.children[0]?.index).toBe("purchase_open");
    expect(any.root.index ?? any.root.children[0]?.index).not.toBe("purchase_open");
  });
});

/** The figures of docs/phantom.md. */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function trialsOf(client: pg.Client, phantom: Phantom, candidates: typeof CANDIDATES, analyze = false): Promise<Trial[][]> {
  const trials: Trial[][] = [];
  for (const one of candidates) trials.push(await tryIndex(client, phantom, one, analyze));
  return trials;
}

/** One for each index whose size is more than a guess. */
function sizeErrors(trials: readonly Trial[]): number[] {
  const byIndex = new Map(trials.filter(({ isModelled }) => isModelled).map((one) => [one.index, one.pages]));
  return [...byIndex.values()].map(([truth, model]) => Math.abs(model - truth) / truth);
}

function report(major: number, what: string, trials: readonly Trial[]): void {
  const errors = trials.map(({ error }) => error);
  const percent = (value: number): string => `${(value * 100).toFixed(2)} %`;
  const sizes = sizeErrors(trials);
  const lines = trials.map(
    (one) =>
      `${one.isSamePlan ? "=" : "!"} cost ${percent(one.error)}, rows ${one.rows.join(" ")}, pages ${one.pages.join(" ")}${one.isModelled ? "" : " guess"}: ${one.index.slice(13)}: ${one.sql}`,
  );
  say(
    `PostgreSQL ${major}, ${what}: ${trials.length} pairs, same plan ${trials.filter(({ isSamePlan }) => isSamePlan).length}, cost p50 ${percent(quantile(errors, 0.5))} p90 ${percent(quantile(errors, 0.9))} max ${percent(Math.max(...errors))}, size p50 ${percent(quantile(sizes, 0.5))} p90 ${percent(quantile(sizes, 0.9))} of ${sizes.length}\n${lines.join("\n")}`,
  );
}
