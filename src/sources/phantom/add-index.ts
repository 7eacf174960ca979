/** Makes indexes that are not there: on empty files, each then as long as it would become. */
import { UsageError } from "../../model/usage-error.ts";
import { BLOCK, brinMeta, btreePages, ginMeta } from "../../postgres/phantom/pages.ts";
import { estimateIndexSize, PAGES_PER_RANGE, revmapPages, type IndexFacts, type IndexSize } from "../../postgres/phantom/index-size.ts";
import { createIndexSql, type IndexSpec } from "../../postgres/phantom/index-spec.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import { quoteQualified } from "../../postgres/quote.ts";
import type { Ask } from "./connection.ts";
import type { FileStore } from "./forge.ts";
import { messageOf } from "./load-schema.ts";
import { measureIndex, type ColumnRow, type LiveRows } from "./measure-index.ts";
import type { OwnEnds } from "./own-ends.ts";
import { synthesiseStatistics } from "./synthesise.ts";
import { indexedTable } from "./indexed-table.ts";

export interface AddedIndex {
  readonly name: string;
  readonly size: IndexSize;
  /** What its figures rest on, in sentences. */
  readonly doubts: readonly string[];
  /** Oids of it and of its parts, and the names that plans say. */
  readonly parts: readonly { readonly oid: number; readonly name: string }[];
}

export interface AddContext {
  readonly ask: Ask;
  readonly store: FileStore;
  readonly liveRows: LiveRows;
  readonly ends: OwnEnds;
}

/** A statement that fails takes the transaction with it, unless there is a point to go back to. */
export async function kept<Result>(ask: Ask, work: () => Promise<Result>): Promise<Result> {
  await ask("SAVEPOINT luthier");
  try {
    const result = await work();
    await ask("RELEASE SAVEPOINT luthier");
    return result;
  } catch (error) {
    await ask("ROLLBACK TO SAVEPOINT luthier").catch(() => {});
    throw error;
  }
}

interface TreeRow {
  readonly oid: number;
  readonly kind: string;
  readonly file: number;
  readonly rows: number;
  readonly pages: number;
  readonly visible: number;
}

interface IndexRow {
  readonly oid: number;
  readonly name: string;
  readonly kind: string;
  readonly path: string | null;
  readonly table: number;
}

export async function addIndex({ ask, store, liveRows, ends }: AddContext, spec: IndexSpec, files: string[]): Promise<AddedIndex> {
  const sql = createIndexSql(spec);
  const table = await tableOf(ask, spec, sql);
  const tree = await ask<TreeRow>(q.TREE, [table]);
  const oids = tree.map(({ oid }) => oid);
  const before = new Set((await ask<IndexRow>(q.INDEXES_OF, [oids])).map(({ oid }) => oid));
  await createOnEmpty(ask, sql, tree);
  const made = (await ask<IndexRow>(q.INDEXES_OF, [oids])).filter(({ oid }) => !before.has(oid));
  const doubts = new Set<string>();
  const sizes: IndexSize[] = [];
  for (const one of made.filter(({ path }) => path !== null)) {
    const columns = await ask<ColumnRow>(q.INDEX_COLUMNS, [one.oid]);
    const hasExpressions = columns.some(({ column }) => column === 0);
    for (const doubt of hasExpressions ? await synthesised(ask, one.oid) : []) doubts.add(doubt);
    const facts = await measureIndex(ask, one.oid, hasExpressions ? await ask<ColumnRow>(q.INDEX_COLUMNS, [one.oid]) : columns, liveRows);
    sizes.push(await fillIndex({ ask, store, files }, one, facts, facts.method === "btree" ? await ends.leafOf(ask, one.oid, one.table) : null));
  }
  const whole = made.find((one) => one.table === table);
  return {
    name: whole?.name ?? "",
    size: together(sizes),
    doubts: [...doubts, ...(sizes.some(({ basis }) => basis === "guess") ? ["its size is a guess"] : [])],
    parts: made.map(({ oid, name }) => ({ oid, name })),
  };
}

/** An expression may not take a value that is made up: then it has none, as before ANALYZE. */
async function synthesised(ask: Ask, index: number): Promise<string[]> {
  try {
    return await kept(ask, () => synthesiseStatistics(ask, index));
  } catch (error) {
    return [`its expression has no statistics: ${messageOf(error)}`];
  }
}

async function tableOf(ask: Ask, spec: IndexSpec, sql: string): Promise<number> {
  const name = typeof spec === "string" ? await indexedTable(sql) : quoteQualified(spec.table);
  const [row] = name === null ? [] : await ask<{ oid: number | null }>("SELECT pg_catalog.to_regclass($1)::pg_catalog.oid::pg_catalog.int8 AS oid", [name]);
  if (row === undefined || row.oid === null)
    throw new UsageError("bad-index", `this index is on no table of the snapshot: ${sql}`, "Write it as CREATE INDEX ON table (…).");
  return row.oid;
}

/**
 * CREATE INDEX reads the table whole, and would write down what it counted: so it gets an empty file to read, and the table its own file and
 * counters back. Its row is updated before, since what CREATE INDEX writes in place outlives a rollback on a row that is older.
 */
async function createOnEmpty(ask: Ask, sql: string, tree: readonly TreeRow[]): Promise<void> {
  const oids = tree.map(({ oid }) => oid);
  await ask(
    `UPDATE pg_catalog.pg_class c SET relfilenode = CASE WHEN c.relkind = 'p' THEN c.relfilenode ELSE (SELECT e.relfilenode FROM pg_catalog.pg_class e WHERE e.oid = '${EMPTY}'::pg_catalog.regclass) END WHERE c.oid = ANY ($1::pg_catalog.oid[])`,
    [oids],
  );
  try {
    await ask(sql);
  } catch (cause) {
    throw new UsageError("bad-index", `PostgreSQL does not make this index: ${messageOf(cause)}.`, "Correct its definition.", { cause });
  }
  await ask(q.SET_FILES_AND_COUNTERS, [
    oids,
    tree.map(({ file }) => file),
    tree.map(({ rows }) => rows),
    tree.map(({ pages }) => pages),
    tree.map(({ visible }) => visible),
  ]);
}

/** A table without columns and rows, whose file stands in for others. */
export const EMPTY = "luthier_phantom.empty";
export const MAKE_EMPTY = [`CREATE TABLE ${EMPTY} ()`];

interface Filling {
  readonly ask: Ask;
  readonly store: FileStore;
  readonly files: string[];
}

async function fillIndex({ ask, store, files }: Filling, index: IndexRow, facts: IndexFacts, leaf: Buffer | null): Promise<IndexSize> {
  const size = estimateIndexSize(facts);
  const { number, paths } = store.write(index.path ?? "", { pages: size.pages, first: firstPages(facts, size, leaf), hasVisibilityMap: false });
  files.push(...paths);
  await ask("UPDATE pg_catalog.pg_class SET relfilenode = $2, relpages = $3, reltuples = $4 WHERE oid = $1::pg_catalog.oid", [
    index.oid,
    number,
    size.pages,
    size.rows,
  ]);
  return size;
}

function firstPages(facts: IndexFacts, size: IndexSize, leaf: Buffer | null): readonly Buffer[] {
  if (facts.method === "btree") return btreePages(size.height, leaf);
  if (facts.method === "gin") return [ginMeta({ pendingPages: 0, entryPages: 0, dataPages: 0, entries: 0 }, 0)];
  if (facts.method !== "brin") return [];
  const range = Number(facts.options["pages_per_range"] ?? PAGES_PER_RANGE);
  return [brinMeta(range, revmapPages(facts.tablePages, range))];
}

function together(sizes: readonly IndexSize[]): IndexSize {
  const sum = (of: (size: IndexSize) => number): number => sizes.reduce((total, one) => total + of(one), 0);
  const pages = sum((one) => one.pages);
  return {
    pages,
    bytes: pages * BLOCK,
    rows: sum((one) => one.rows),
    height: Math.max(0, ...sizes.map(({ height }) => height)),
    basis: sizes.every(({ basis }) => basis === "model") ? "model" : "guess",
  };
}
