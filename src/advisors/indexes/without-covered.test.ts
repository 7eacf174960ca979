import { expect, test } from "vitest";
import type { StudiedIndex, Table } from "../../model/index.ts";
import { withoutCovered } from "./without-covered.ts";

const index = (name: string, columns: readonly string[], include: readonly string[], serves: readonly string[]): StudiedIndex => ({
  table: { oid: 1 } as Table,
  name,
  label: name,
  sql: "",
  spec: { keys: columns.map((column) => ({ kind: "column", column })), ...(include.length === 0 ? {} : { include }) },
  bytes: 1,
  isGuess: false,
  doubts: [],
  upkeep: 0,
  serves,
});

test("of two indexes with one key the wider stays, and serves the statements of both", () => {
  const added = withoutCovered([index("bare", ["event_id", "id"], [], ["2", "3"]), index("wide", ["event_id", "id"], ["state"], ["1", "2"]), index("other", ["id"], [], ["4"])]);
  expect(added.map(({ name, serves }) => [name, [...serves].toSorted()])).toEqual([["wide", ["1", "2", "3"]], ["other", ["4"]]]);
});
