import { expect, test } from "vitest";
import type { Gap } from "../../model/index.ts";
import type { ReadOnlyConnection } from "./connection.ts";
import { prober } from "./probe.ts";

/** A connection whose queries, after the one about locks, fail with this error of the server. */
function failing(code: string, message: string): { connection: ReadOnlyConnection; asked: () => number } {
  let asked = 0;
  const connection: ReadOnlyConnection = {
    address: "db:5432",
    version: 150_000,
    isReplica: false,
    broken: () => null,
    close: () => Promise.resolve(),
    group: (work) =>
      work((sql) => {
        if (sql.includes("pg_locks")) return Promise.resolve([]);
        asked += 1;
        return Promise.reject(Object.assign(new Error(message), { code }));
      }),
  };
  return { connection, asked: () => asked };
}

const limits = { statementTimeout: 30_000, budget: 300_000 };
const missed = { cost: "no size is known", remedy: "GRANT it TO me" };

test.each([
  ["57014", "canceling statement due to statement timeout", "it took longer than 30 s", "give it longer with --timeout", 1],
  ["42501", "permission denied for table x", "permission denied for table x", "GRANT it TO me", 1],
  ["55P03", "canceling statement due to lock timeout", "another session holds a lock on it", "take it again when that session is done", 3],
  ["XX000", "cache lookup failed", "cache lookup failed", "", 1],
])("error %s is a gap", async (code, message, why, remedy, times) => {
  const gaps: Gap[] = [];
  const { connection, asked } = failing(code, message);
  const probe = await prober(connection, gaps, limits);
  expect(await probe.rows("sizes", "SELECT 1", [], missed)).toEqual([]);
  expect(gaps).toEqual([{ part: "sizes", server: "db:5432", why, remedy, cost: "no size is known" }]);
  expect(asked()).toBe(times);
});

test("what fails for one reason in one part is one gap", async () => {
  const gaps: Gap[] = [];
  const probe = await prober(failing("XX000", "cache lookup failed").connection, gaps, limits);
  await probe.rows("schema", "SELECT 1");
  await probe.rows("schema", "SELECT 2");
  expect(gaps).toHaveLength(1);
});

test("nothing is asked any more once the look has taken its time", async () => {
  const gaps: Gap[] = [];
  const { connection, asked } = failing("XX000", "");
  const probe = await prober(connection, gaps, { statementTimeout: 1_000, budget: -1_000 });
  await probe.rows("sizes", "SELECT 1");
  expect(asked()).toBe(0);
  expect(gaps[0]?.why).toMatch(/the whole look took longer than/);
});
