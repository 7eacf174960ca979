/** Rows as the layout reckons them, against the files of a real PostgreSQL. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bestOrder, laidOut, rowSize } from "../src/rules/database/tuple-layout.ts";
import type { Table } from "../src/model/index.ts";
import { startDatabaseWorld, type DatabaseWorld } from "./support/database-world.ts";

const ROWS = 20_000;
const PAGE = 8192;
let world: DatabaseWorld;

beforeAll(async () => {
  world = await startDatabaseWorld();
});
afterAll(() => world.stop());

/** Pages that hold so many rows of a size, each with its line pointer, behind a page header of 24 bytes. */
function expectedBytes({ columns }: Table): number {
  const { bytes } = rowSize(columns.flatMap((one) => laidOut(one) ?? []));
  return Math.ceil(ROWS / Math.floor((PAGE - 24) / (bytes + 4))) * PAGE;
}

async function build(columns: string, values: string): Promise<Table> {
  const { snapshot } = await world.build(`CREATE TABLE t (${columns});\nINSERT INTO t SELECT ${values} FROM generate_series(1, ${ROWS}) n;\nANALYZE t;`);
  const table = snapshot.catalog.tables.find(({ name }) => name === "t");
  if (table === undefined) throw new Error("the table was not read");
  return table;
}

describe("columns of fixed length: to the page", () => {
  test.each([
    [
      "a boolean NOT NULL, b bigint NOT NULL, c boolean NOT NULL, d bigint NOT NULL, e smallint NOT NULL, f timestamptz NOT NULL",
      "true, n, false, n, 1, now()",
    ],
    [
      "b bigint NOT NULL, d bigint NOT NULL, f timestamptz NOT NULL, e smallint NOT NULL, a boolean NOT NULL, c boolean NOT NULL",
      "n, n, now(), 1, true, false",
    ],
    ["a smallint NOT NULL, b uuid NOT NULL, c integer NOT NULL, d date NOT NULL, e float8 NOT NULL", "1, gen_random_uuid(), n, current_date, n"],
    ["a bigint, b integer, c boolean", "n, NULL, NULL"],
  ])("%s", async (columns, values) => {
    const table = await build(columns, values);
    expect(expectedBytes(table)).toBe(table.bytes);
  });
});

/** Of the file: rows of many lengths fill pages unevenly. */
const TOLERANCE = 0.03;

describe("texts and NULLs: nearly", () => {
  test.each([
    ["a integer NOT NULL, b text NOT NULL, c bigint NOT NULL", "n, repeat('x', n % 40), n"],
    ["a bigint NOT NULL, b varchar(20) NOT NULL, c boolean NOT NULL, d bigint NOT NULL", "n, (ARRAY['sale', 'delivery', 'return'])[1 + n % 3], true, n"],
    [
      "a bigint NOT NULL, b timestamptz, c date, d text NOT NULL",
      "n, CASE WHEN n % 3 = 0 THEN now() END, CASE WHEN n % 2 = 0 THEN current_date END, 'note ' || n",
    ],
    ["a bigint NOT NULL, b numeric(10, 2) NOT NULL, c integer NOT NULL, d text NOT NULL", "n, n * 1.25, n, ''"],
  ])("%s", async (columns, values) => {
    const table = await build(columns, values);
    const bytes = table.bytes ?? 0;
    expect(Math.abs(expectedBytes(table) - bytes) / bytes, `${expectedBytes(table)} expected, ${bytes} there`).toBeLessThan(TOLERANCE);
  });
});

/** No lengths are known of values that are no texts: gaps behind them are taken to be half an alignment. */
const TOLERANCE_UNSEEN = 0.05;

test("documents between numbers: half of their gaps", async () => {
  const table = await build("a bigint NOT NULL, b jsonb NOT NULL, c bigint NOT NULL", "n, jsonb_build_object('n', n), n");
  const bytes = table.bytes ?? 0;
  expect(Math.abs(expectedBytes(table) - bytes) / bytes, `${expectedBytes(table)} expected, ${bytes} there`).toBeLessThan(TOLERANCE_UNSEEN);
});

test("the best order saves what it is said to save", async () => {
  const [columns, values] = ["a boolean NOT NULL, b bigint NOT NULL, c boolean NOT NULL, d bigint NOT NULL", "true, n, false, n"];
  const before = await build(columns, values);
  const laid = before.columns.flatMap((column) => {
    const layout = laidOut(column);
    return layout === null ? [] : [{ name: column.name, ...layout }];
  });
  expect(bestOrder(laid).map(({ name }) => name)).toEqual(["b", "d", "a", "c"]);
  const after = await build("b bigint NOT NULL, d bigint NOT NULL, a boolean NOT NULL, c boolean NOT NULL", "n, n, true, false");
  const saved = rowSize(laid).bytes - rowSize(bestOrder(laid)).bytes;
  expect(saved).toBe(8);
  expect((before.bytes ?? 0) - (after.bytes ?? 0)).toBeGreaterThan(0.9 * saved * ROWS);
});
