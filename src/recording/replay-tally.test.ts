import { expect, test } from "vitest";
import type { Replay, ReplayStatement } from "../model/replay.ts";
import { readRecording } from "../sources/recordings.ts";
import { temporaryFolder } from "../../tests/support/temporary-folder.ts";
import { RecordedProcess, writeRecording } from "../../tests/support/write-recording.ts";

const READ = 'SELECT "shop_genre"."id" FROM "shop_genre" WHERE "shop_genre"."slug" = %s';
const WRITE = 'UPDATE "shop_genre" SET "name" = %s WHERE "shop_genre"."id" = %s';
const VIEW = ["shop/views.py:12 genres"];
const EPOCH = 1_700_000_000_000_000;

function replayOf(...processes: readonly RecordedProcess[]): Replay {
  const { replay } = readRecording(writeRecording(temporaryFolder(), processes));
  if (replay === undefined) throw new Error("no replay");
  return replay;
}

const named = (replay: Replay, sql: string): ReplayStatement | undefined => replay.statements.find((one) => one.sql === sql);

function request(process: RecordedProcess, body: (scope: number) => void): void {
  process.scope("request", "GET", { route: "genres/" }, body);
}

test("processes are put into one order of time, and the same question in one request is asked once", () => {
  const early = new RecordedProcess({ keys: true });
  const late = new RecordedProcess({ keys: true, epoch: EPOCH + 2_000_000 });
  request(late, (scope) => late.query(scope, READ, VIEW, { params: 7 }));
  request(early, (scope) => {
    early.query(scope, READ, VIEW, { params: 7 });
    early.query(scope, READ, VIEW, { params: 7 });
    early.query(scope, READ, VIEW, { params: 8 });
  });
  const replay = replayOf(late, early);
  const read = named(replay, READ);
  expect(read?.kinds).toEqual(["open", "again", "open", "open"]);
  expect(read?.keys).toEqual([7, 7, 8, 7]);
  expect(read?.at.at(-1)).toBe(2_000_000);
  expect(read?.scopes).toEqual([{ label: "GET /genres/", count: 4 }]);
  expect(replay.isKeyed).toBe(true);
});

test("without numbers for parameters, no question is taken for the same", () => {
  const process = new RecordedProcess();
  request(process, (scope) => {
    process.query(scope, READ, VIEW);
    process.query(scope, READ, VIEW);
    process.query(scope, "SELECT 1", VIEW);
    process.query(scope, "SELECT 1", VIEW);
  });
  const replay = replayOf(process);
  expect(named(replay, READ)?.kinds).toEqual(["open", "open"]);
  expect(named(replay, "SELECT 1")?.kinds).toEqual(["open", "again"]);
  expect(replay.isKeyed).toBe(false);
});

test("literals give numbers too", () => {
  const process = new RecordedProcess({ literals: true });
  request(process, (scope) => {
    process.query(scope, READ, VIEW, { params: "('a',)" });
    process.query(scope, READ, VIEW, { params: "('b',)" });
    process.query(scope, READ, VIEW, { params: "('a',)" });
  });
  expect(named(replayOf(process), READ)?.kinds).toEqual(["open", "open", "again"]);
});

test("a change counts from its commit on, and never when it is rolled back", () => {
  const process = new RecordedProcess({ keys: true });
  const connection = process.connect();
  request(process, (scope) => {
    process.transaction(connection, "begin", scope);
    process.query(scope, WRITE, VIEW, { connection, state: 1 });
    process.query(scope, READ, VIEW, { connection, state: 1, params: 7 });
    process.wait(10_000);
    process.transaction(connection, "commit", scope);
  });
  request(process, (scope) => {
    process.transaction(connection, "begin", scope);
    process.query(scope, WRITE, VIEW, { connection, state: 1 });
    process.transaction(connection, "rollback", scope);
  });
  const replay = replayOf(process);
  expect(named(replay, READ)?.kinds).toEqual(["locked"]);
  expect(named(replay, WRITE)?.kinds).toEqual(["write"]);
  expect((named(replay, WRITE)?.at[0] ?? 0) - (named(replay, READ)?.at[0] ?? 0)).toBeGreaterThanOrEqual(10_000);
});

test("a read in the transaction of ATOMIC_REQUESTS is open until the request has changed something", () => {
  const process = new RecordedProcess({ keys: true });
  const connection = process.connect();
  request(process, (scope) => {
    process.transaction(connection, "begin", scope);
    process.query(scope, READ, VIEW, { connection, state: 2, params: 1 });
    process.query(scope, WRITE, VIEW, { connection, state: 2 });
    process.query(scope, READ, VIEW, { connection, state: 2, params: 2 });
    process.transaction(connection, "commit", scope);
  });
  expect(named(replayOf(process), READ)?.kinds).toEqual(["open", "locked"]);
});

test("what a test and its fixtures ask themselves is theirs; the project's code that they call is not", () => {
  const process = new RecordedProcess({ keys: true });
  process.scope("test", "shop.tests.GenreTest.test_list", {}, (scope) => {
    process.query(scope, READ, ["shop/tests/test_views.py:9 test_list"], { params: 1 });
    process.query(scope, READ, [...VIEW, "shop/tests/test_views.py:9 test_list"], { params: 2 });
    process.query(scope, WRITE, VIEW, { state: 2 });
  });
  const replay = replayOf(process);
  expect(named(replay, READ)?.kinds).toEqual(["test", "open"]);
  expect(named(replay, WRITE)?.kinds).toEqual(["write"]);
});
