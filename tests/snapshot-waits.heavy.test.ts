/** What sessions wait for while an interval lasts, and what a server says of its machine and of its replay. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Server, Snapshot } from "../src/model/index.ts";
import { execute, look, startDebian, startMajor, urlOf, withClient, type RunningServer } from "./support/servers.ts";

const first = ({ servers: [server] }: Snapshot): Server => {
  if (server === undefined) throw new Error("no server");
  return server;
};

/** Sessions that a sampler must tell apart: one on a lock, one asleep, one idle in its transaction. */
async function lookAtBusy(url: string, interval: number): Promise<Snapshot> {
  return await withClient(url, (holder) =>
    withClient(url, (waiter) =>
      withClient(url, async (sleeper) => {
        await holder.query("BEGIN; LOCK TABLE stock");
        const waiting = waiter.query("SELECT count(*) FROM stock");
        const asleep = sleeper.query("SELECT pg_sleep($1)", [interval / 1000 + 1]);
        const snapshot = await look(url, { interval });
        await holder.query("COMMIT");
        await Promise.all([waiting, asleep]);
        return snapshot;
      }),
    ),
  );
}

describe.each([13, 14, 18])("PostgreSQL %i", (major) => {
  let running: RunningServer;
  let url = "";
  beforeAll(async () => {
    running = await startMajor(major, { settings: major >= 14 ? { compute_query_id: "on" } : {} });
    ({ url } = running.cluster);
    await execute(url, "CREATE TABLE stock (id int)", "CREATE ROLE plain LOGIN");
  });
  afterAll(() => running.stop());

  test("a lock, a sleep and an idle transaction are told apart", async () => {
    const snapshot = await lookAtBusy(url, 2_500);
    const { waits } = first(snapshot);
    expect(snapshot.gaps.map(({ part }) => part)).not.toContain("waits");
    expect(waits).toMatchObject({ samples: 3, hidden: 0 });
    expect(waits?.waits.map(({ type, event, count }) => [type, event, count])).toEqual(
      expect.arrayContaining([
        ["Lock", "relation", 3],
        ["Timeout", "PgSleep", 3],
      ]),
    );
    expect(waits?.idleInTransaction).toEqual({ mean: 1, most: 1 });
    expect(waits?.active).toEqual({ mean: 2, most: 2 });
    const ids = waits?.waits.map(({ statement }) => statement) ?? [];
    if (major === 13) expect(ids).toEqual([null, null]);
    // Who waits for a table's lock while his statement is analysed has no id yet.
    if (major === 18) expect(waits?.waits.find(({ event }) => event === "PgSleep")?.statement).toMatch(/^-?\d+$/);
  });

  test("a role that sees nobody else counts nothing as idle", async () => {
    const snapshot = await look(urlOf(running.cluster, { user: "plain" }), { interval: 1_000 });
    const seen = await withClient(url, () => look(urlOf(running.cluster, { user: "plain" }), { interval: 1_000 }));
    expect(first(snapshot).machine).toBeNull();
    expect(first(seen).waits).toMatchObject({ samples: 1, hidden: 1 });
  });

  test("what the user says of the machine goes before what it says", async () => {
    const own = first(await look(url)).machine;
    expect(own?.by).toBe("server");
    expect(own?.memoryBytes).toBeGreaterThan(256 * 1024 ** 2);
    expect(own?.cores).toBeGreaterThanOrEqual(1);
    const said = first(await look(url, { machine: { memoryBytes: 64 * 1024 ** 3, cores: null } })).machine;
    expect(said).toEqual({ memoryBytes: 64 * 1024 ** 3, cores: own?.cores, by: "option" });
  });
});

test("a replica says whether it is connected and what its replay cancelled", async () => {
  const primary = await startDebian({ settings: { wal_level: "replica" } });
  const standby = await startDebian({ standbyOf: primary.cluster, settings: { max_standby_streaming_delay: "0", hot_standby: "on" } });
  try {
    await execute(primary.cluster.url, "CREATE TABLE book (id int)", "INSERT INTO book SELECT generate_series(1, 1000)");
    await waitFor(
      async () =>
        (await withClient(standby.cluster.url, (client) => client.query<{ there: boolean }>("SELECT to_regclass('book') IS NOT NULL AS there"))).rows[0]
          ?.there === true,
    );
    // A reader's lock stands in the way of replaying the primary's DROP.
    await withClient(standby.cluster.url, async (reader) => {
      await reader.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM book");
      const cancelled = new Promise((resolve) => reader.on("error", resolve));
      await execute(primary.cluster.url, "DROP TABLE book");
      await Promise.race([cancelled, new Promise((resolve) => setTimeout(resolve, 5_000))]);
    });
    const snapshot = await look([primary.cluster.url, standby.cluster.url]);
    const replica = snapshot.servers[1];
    expect(replica?.replication.receiver).toBe("streaming");
    expect(replica?.replication.conflicts?.["lock"]).toBeGreaterThanOrEqual(1);
    expect(first(snapshot).replication.receiver).toBeUndefined();
  } finally {
    standby.stop();
    primary.stop();
  }
});

async function waitFor(isTrue: () => Promise<boolean>): Promise<void> {
  for (let left = 50; left > 0 && !(await isTrue()); left -= 1) await new Promise((resolve) => setTimeout(resolve, 100));
}
