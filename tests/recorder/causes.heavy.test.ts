import { existsSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { useRecorder, type Recorded } from "../support/recorder-world.ts";
import type { RecordedStatement } from "../support/recording-lines.ts";

const cache = path.resolve(import.meta.dirname, "../../.cache");
const world = useRecorder();

/** `npm test` has made the others before it comes here; a Django for which there is no Python is named as not run. */
const versions = ["own", "4.2", "6.0", "6.1"];

/** For each function of causes.py: cause, from how many fetches, for how many different instances. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  forward: ["forward store.Order.customer: 5 of 1 fetch, 5 instances"],
  forward_after_join: ["forward store.Order.customer: 5 of 1 fetch, 5 instances"],
  forward_through_iterator: ["forward store.Order.customer: 5 of 1 fetch, 5 instances"],
  reverse_one: ["reverse-one store.Customer.card: 5 of 1 fetch, 5 instances"],
  reverse_many: ["manager store.Customer.orders: 5 of 1 fetch, 5 instances"],
  reverse_count: ["manager store.Customer.orders: 5 of 1 fetch, 5 instances"],
  reverse_filter: ["manager store.Customer.orders: 5 of 1 fetch, 5 instances"],
  many_to_many: ["manager store.Order.tags: 5 of 1 fetch, 5 instances"],
  many_to_many_reverse: ["manager store.Tag.tagged: 1 of 1 fetch, 1 instances"],
  many_to_many_self: ["manager store.Customer.friends: 5 of 1 fetch, 5 instances"],
  many_to_many_count: ["manager store.Customer.friends: 5 of 1 fetch, 5 instances"],
  taggable: ["manager store.Order.labels: 5 of 1 fetch, 5 instances"],
  taggable_of_model: [],
  generic_relation: ["manager store.Customer.notes: 5 of 1 fetch, 5 instances"],
  generic_foreign_key: ["generic store.Note.about: 5 of 1 fetch, 5 instances"],
  deferred: ["deferred store.Order.text: 5 of 1 fetch, 5 instances"],
  refresh: ["refresh store.Card.: 5 of 1 fetch, 5 instances"],
  prefetch: [
    "prefetch store.Customer.customer__card: 1 of 1 fetch, 1 instances",
    "prefetch store.Order.customer: 1 of 1 fetch, 1 instances",
    "prefetch store.Order.line_set: 1 of 1 fetch, 1 instances",
  ],
  explicit: [],
  values: [],
  in_memory: ["forward store.Order.customer: 1 of no fetch"],
  unpickled: ["forward store.Order.customer: 5 of no fetch"],
  copied: ["forward store.Order.customer: 5 of 1 fetch, 5 instances"],
  in_transaction: [],
  nested: [],
  failing: [],
};

describe.each(versions)("Django %s", (version) => {
  const python = path.join(cache, `venv-django-${version}`, "bin", "python");
  const isThere = version === "own" || existsSync(python);
  const run = { recorded: undefined as unknown as Recorded };

  beforeAll(async () => {
    if (!isThere) return;
    const database = path.join(world.temporary, `causes-${version}.sqlite3`);
    run.recorded = await world.record([version === "own" ? world.python : python, "causes.py"], {
      fields: true,
      env: { SHOP_DATABASE: `sqlite:///${database}` },
    });
  });

  test.runIf(isThere).each(Object.entries(EXPECTED))("%s", (name, expected) => {
    expect(run.recorded.status, run.recorded.stderr).toBe(0);
    expect(describeCauses(statementsOf(name, run.recorded))).toEqual(expected);
  });

  test.runIf(isThere)("says rows, transaction and error of a statement", () => {
    const [first, ...others] = statementsOf("forward", run.recorded);
    expect(first).toMatchObject({ rows: 5, state: 0, error: null, cause: "" });
    expect(others.map(({ rows }) => rows)).toEqual([1, 1, 1, 1, 1]);
    expect(statementsOf("in_transaction", run.recorded).at(-1)).toMatchObject({ state: 1 });
    expect(statementsOf("failing", run.recorded)).toMatchObject([{ error: "OperationalError", rows: -1 }]);
  });

  test.runIf(isThere)("writes one text for savepoints, however many names they have", () => {
    const texts = run.recorded.recording.lines.flatMap(([kind, , text]) => (kind === "s" && String(text).includes("SAVEPOINT") ? [text] : []));
    expect(texts).toEqual(['SAVEPOINT "s"', 'RELEASE SAVEPOINT "s"']);
    const sent = run.recorded.recording.statements.filter(({ sql }) => sql.startsWith("SAVEPOINT"));
    expect(sent).toHaveLength(3);
  });

  test.runIf(isThere)("loses nothing by its own errors", () => {
    expect(run.recorded.recording.lines.filter(([kind]) => kind === "d")).toEqual([]);
  });
});

/** Those that causes.py's function of this name sent. */
function statementsOf(name: string, { recording }: Recorded): RecordedStatement[] {
  return recording.statements.filter(({ stack }) => stack[0]?.startsWith("causes.py") === true && stack[0].endsWith(` ${name}`));
}

function describeCauses(statements: readonly RecordedStatement[]): string[] {
  const causes = [...new Set(statements.map(({ cause }) => cause))].filter(Boolean).toSorted();
  return causes.map((cause) => {
    const caused = statements.filter((statement) => statement.cause === cause);
    const fetches = new Set(caused.map(({ fetch }) => fetch));
    const instances = new Set(caused.map(({ instance }) => instance));
    const from = [...fetches].every((fetch) => fetch === 0) ? "no fetch" : `${fetches.size} fetch, ${instances.size} instances`;
    return `${cause}: ${caused.length} of ${from}`;
  });
}
