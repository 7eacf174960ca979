import { expect, test } from "vitest";
import type { ProposalProof, StudiedIndex, Table } from "../../model/index.ts";
import { withoutCovered, withoutProposed } from "./without-covered.ts";

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
  const added = withoutCovered([
    index("bare", ["event_id", "id"], [], ["2", "3"]),
    index("wide", ["event_id", "id"], ["state"], ["1", "2"]),
    index("other", ["id"], [], ["4"]),
  ]);
  expect(added.map(({ name, serves }) => [name, [...serves].toSorted()])).toEqual([
    ["wide", ["1", "2", "3"]],
    ["other", ["4"]],
  ]);
});

test("what a rule proposes in place of an index that is there is not added as another one", () => {
  const made = (name: string, sql: string): StudiedIndex => ({ ...index(name, [], [], []), sql });
  const proof = (verdict: "gain" | "same", refused: string | null = null): ProposalProof =>
    ({
      proposal: { table: { oid: 1 }, sql: 'CREATE INDEX luthier_1 ON "log" USING btree ("event_id") INCLUDE ("kind", "id")' },
      refused,
      statements: [{ verdict }],
    }) as unknown as ProposalProof;
  const added = [
    made("same", "CREATE INDEX CONCURRENTLY same ON log (event_id) INCLUDE (id, kind) WITH (fillfactor = 100)"),
    made("other", "CREATE INDEX CONCURRENTLY other ON log (event_id)"),
  ];
  expect(withoutProposed(added, [proof("gain")]).map(({ name }) => name)).toEqual(["other"]);
  expect(withoutProposed(added, [proof("same"), proof("gain", "no such type")])).toHaveLength(2);
});
