import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { project, useRecorder, type Recorded } from "../support/recorder-world.ts";
import type { RecordedStatement } from "../support/recording-lines.ts";

const cache = path.resolve(import.meta.dirname, "../../.cache");
const source = readFileSync(path.join(project, "places.py"), "utf8").split("\n");
const world = useRecorder();
const versions = ["own", "4.2", "6.0", "6.1"];
/** `fill` makes five orders. */
const ORDERS = 5;
const ROUNDS = 6;
const CAUSE = "forward store.Order.customer";

describe.each(versions)("Django %s", (version) => {
  const python = path.join(cache, `venv-django-${version}`, "bin", "python");
  const isThere = version === "own" || existsSync(python);
  const run = { recorded: undefined as unknown as Recorded };

  beforeAll(async () => {
    if (!isThere) return;
    const database = path.join(world.temporary, `places-${version}.sqlite3`);
    const env = { SHOP_DATABASE: `sqlite:///${database}` };
    run.recorded = await world.record([version === "own" ? world.python : python, "places.py"], { env });
  });

  const loads = (name: string): RecordedStatement[] =>
    run.recorded.recording.statements.filter(({ stack, cause }) => cause !== "" && stack.some((frame) => frame.endsWith(` ${name}`)));

  test.runIf(isThere)("a line that is called from two others", () => {
    expect(run.recorded.status, run.recorded.stderr).toBe(0);
    expect(countBy(loads("of_two_lines").filter(isUntraced), mark)).toEqual({ first: ORDERS * ROUNDS, second: ORDERS * ROUNDS });
  });

  test.runIf(isThere)("a function that loads once each time it is called", () => {
    expect(countBy(loads("of_a_helper"), mark)).toEqual({ odd: 3 * ROUNDS, even: 2 * ROUNDS });
    expect(new Set(loads("of_a_helper").map(({ stack }) => stack[0]?.split(" ")[1]))).toEqual(new Set(["customer_of"]));
  });

  test.runIf(isThere)("a generator that goes on from three lines", () => {
    expect(countBy(loads("of_a_generator"), mark)).toEqual({ one: ROUNDS, two: ROUNDS, others: 3 * ROUNDS });
  });

  test.runIf(isThere)("two variables of one loop in a template", () => {
    const places = countBy(loads("of_a_template"), ({ stack }) => stack[0] ?? "");
    expect(places).toEqual({ "<unknown source>:2": 2 * ROUNDS, "<unknown source>:3": 3 * ROUNDS });
  });

  test.runIf(isThere)("lines that are traced by a debugger", () => {
    expect(countBy(loads("while_traced"), mark)).toEqual({ first: ORDERS * ROUNDS, second: ORDERS * ROUNDS });
  });

  test.runIf(isThere)("a debugger that steps out of a function", () => {
    expect(run.recorded.stdout).toBe("['run', 'run', 'outer']\n");
  });

  test.runIf(isThere).each(["with_debug", "with_another_tool", "with_a_router_that_asks", "with_a_descriptor_of_its_own"])("%s", (name) => {
    const found = loads(name);
    expect(found.map(({ cause, rows }) => [cause, rows])).toEqual(Array.from({ length: ORDERS }, () => [CAUSE, 1]));
    expect(new Set(found.map(({ instance }) => instance)).size).toBe(ORDERS);
    expect(found.every(({ sql }) => sql.includes("store_customer"))).toBe(true);
  });

  test.runIf(isThere)("what a router asks is its own", () => {
    const routed = run.recorded.recording.statements.filter(({ sql }) => sql === "SELECT 1 AS routed");
    expect(routed).toHaveLength(ORDERS);
    expect(routed.every(({ stack }) => stack[0]?.endsWith("db_for_read") === true)).toBe(true);
  });

  test.runIf(isThere)("threads", () => {
    const found = loads("in_threads.<locals>.work").concat(loads("work"));
    const scopes = countBy(found, ({ scope }) => scope.name);
    expect(Object.values(scopes)).toEqual(Array.from({ length: 4 }, () => ORDERS * ROUNDS));
    const parents = new Set(found.map(({ fetch, instance }) => `${fetch}:${instance}`));
    expect(parents.size).toBe(4 * ORDERS * ROUNDS);
  });

  test.runIf(isThere)("no error of the recorder's own", () => {
    expect(run.recorded.recording.lines.filter(([kind]) => kind === "d")).toEqual([]);
  });
});

function isUntraced({ stack }: RecordedStatement): boolean {
  return !stack.some((frame) => frame.endsWith(" while_traced"));
}

/** The comment of the innermost line that has one. */
function mark({ stack }: RecordedStatement): string {
  const marks = stack.map((frame) => / # (\w+)$/.exec(source[Number(/:(\d+)/.exec(frame)?.[1]) - 1] ?? "")?.[1]);
  return marks.find((found) => found !== undefined) ?? "none";
}

function countBy(statements: readonly RecordedStatement[], key: (statement: RecordedStatement) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const statement of statements) counts[key(statement)] = (counts[key(statement)] ?? 0) + 1;
  return counts;
}
