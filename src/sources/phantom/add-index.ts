/** Makes indexes that are not there: on empty files, each then as long as it would become. */
import { UsageError } from "../../model/usage-error.ts";
import { BLOCK, brinMeta, btreePages, ginMeta, readEqualImages } from "../../postgres/phantom/pages.ts";
import { estimateIndexSize, PAGES_PER_RANGE, revmapPages, type IndexFacts, type IndexSize } from "../../postgres/phantom/index-size.ts";
import { createIndexSql, type IndexSpec } from "../../postgres/phantom/index-spec.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import { quoteQualified } from "../../postgres/quote.ts";
import type { Ask } from "./connection.ts";
import type { FileStore } from "./forge.ts";
import { messageOf } from "./load-schema.ts";
import { measureIndex, type LiveRows, type MadeIndex, type SizeMemory } from "./measure-index.ts";
import type { OwnEnds } from "./own-ends.ts";
import { synthesiseStatistics, type ExpressionMemory } from "./synthesise.ts";
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
  readonly memory: Memory;
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

interface IndexRow extends MadeIndex {
  readonly oid: number;
  readonly name: string;
  readonly path: string | null;
}

/** What stays as it is in a phantom, whatever is tried on it: so it is asked once. */
export interface Memory extends SizeMemory {
  readonly tables: Map<string, number>;
  readonly trees: Map<number, readonly TreeRow[]>;
  /** The number of the last index: those made since have greater ones. */
  last: number | null;
  /** By the classes of an index's columns: whether a build keeps one of equal values. */
  readonly images: Map<string, boolean>;
  readonly expressions: ExpressionMemory;
}

export const newMemory = (): Memory => ({
  tables: new Map(),
  trees: new Map(),
  last: null,
  images: new Map(),
  expressions: new Map(),
  rows: new Map(),
  statistics: new Map(),
  facts: new Map(),
});

export async function addIndex(context: AddContext, spec: IndexSpec, files: string[]): Promise<AddedIndex> {
  const { ask, memory } = context;
  const sql = createIndexSql(spec);
  const table = await tableOf(context, spec, sql);
  const tree = memory.trees.get(table) ?? (await ask<TreeRow>(q.TREE, [table]));
  memory.trees.set(table, tree);
  memory.last ??= (await ask<{ oid: number }>(q.LAST_INDEX))[0]?.oid ?? 0;
  await createOnEmpty(ask, sql, tree);
  const made = await ask<IndexRow>(q.MADE_INDEXES, [tree.map(({ oid }) => oid), memory.last]);
  memory.last = Math.max(memory.last, ...made.map(({ oid }) => oid));
  const { sizes, doubts } = await sized(context, made, files);
  const whole = made.find((one) => one.table === table);
  return {
    name: whole?.name ?? "",
    size: together(sizes),
    doubts: [...doubts, ...(sizes.some(({ basis }) => basis === "guess") ? ["its size is a guess"] : [])],
    parts: made.map(({ oid, name }) => ({ oid, name })),
  };
}

/** Each part that has a file gets one of the length that it would have. */
async function sized(
  context: AddContext,
  made: readonly IndexRow[],
  files: string[],
): Promise<{ readonly sizes: readonly IndexSize[]; readonly doubts: ReadonlySet<string> }> {
  const { ask, ends } = context;
  const doubts = new Set<string>();
  const filled: { readonly oid: number; readonly file: number; readonly size: IndexSize }[] = [];
  for (const one of made.filter(({ path }) => path !== null)) {
    if (one.columns.some(({ column }) => column === 0)) for (const doubt of await synthesised(context, one)) doubts.add(doubt);
    const facts = await measureIndex(context, withEqualImages(context, one));
    const size = estimateIndexSize(facts);
    const leaf = facts.method === "btree" ? await ends.leafOf(ask, one.oid, one.table) : null;
    const { number, paths } = context.store.write(one.path ?? "", { pages: size.pages, first: firstPages(facts, size, leaf), hasVisibilityMap: false });
    files.push(...paths);
    filled.push({ oid: one.oid, file: number, size });
  }
  const sizes = filled.map(({ size }) => size);
  await ask(q.SET_SIZES, [filled.map(({ oid }) => oid), filled.map(({ file }) => file), sizes.map(({ pages }) => pages), sizes.map(({ rows }) => rows)]);
  return { sizes, doubts };
}

/**
 * Whether a build keeps one of values that are equal is for the server to say: it is in the index that it made empty. By their classes' functions alone values of `char(n)` are alike, and some releases know better.
 */
function withEqualImages({ store, memory }: AddContext, index: IndexRow): IndexRow {
  if (index.method !== "btree" || !index.columns.every(({ equal_images: isSo }) => isSo)) return index;
  const classes = index.columns.map((one) => one.class).join(" ");
  const known = memory.images.get(classes) ?? readEqualImages(store.firstPage(index.path ?? "") ?? Buffer.alloc(0)) ?? true;
  memory.images.set(classes, known);
  return known ? index : { ...index, columns: index.columns.map((one) => ({ ...one, equal_images: false })) };
}

/** An expression may not take a value that is made up: then it has none, as before ANALYZE. */
async function synthesised({ ask, memory }: AddContext, index: IndexRow): Promise<string[]> {
  try {
    return await kept(ask, () => synthesiseStatistics(ask, index, memory.expressions));
  } catch (error) {
    return [`its expression has no statistics: ${messageOf(error)}`];
  }
}

async function tableOf({ ask, memory }: AddContext, spec: IndexSpec, sql: string): Promise<number> {
  const name = typeof spec === "string" ? await indexedTable(sql) : quoteQualified(spec.table);
  const known = memory.tables.get(name ?? "");
  if (known !== undefined) return known;
  const [row] = name === null ? [] : await ask<{ oid: number | null }>("SELECT pg_catalog.to_regclass($1)::pg_catalog.oid::pg_catalog.int8 AS oid", [name]);
  if (name === null || row === undefined || row.oid === null)
    throw new UsageError("bad-index", `this index is on no table of the snapshot: ${sql}`, "Write it as CREATE INDEX ON table (…).");
  memory.tables.set(name, row.oid);
  return row.oid;
}

/**
 * CREATE INDEX reads the table whole, and would write down what it counted: so it gets an empty file to read, and the table its own file and
 * counters back. Its row is updated before, since what CREATE INDEX writes in place outlives a rollback on a row that is older. All in one message.
 */
async function createOnEmpty(ask: Ask, sql: string, tree: readonly TreeRow[]): Promise<void> {
  const statements = [
    `UPDATE pg_catalog.pg_class c SET relfilenode = CASE WHEN c.relkind = 'p' THEN c.relfilenode ELSE (SELECT e.relfilenode FROM pg_catalog.pg_class e WHERE e.oid = '${EMPTY}'::pg_catalog.regclass) END WHERE c.oid IN (${tree.map(({ oid }) => oid).join(", ")})`,
    sql,
    `UPDATE pg_catalog.pg_class c SET relfilenode = x.file, reltuples = x.rows, relpages = x.pages, relallvisible = x.visible FROM (VALUES ${tree
      .map(({ oid, file, rows, pages, visible }) => `(${oid}::pg_catalog.oid, ${file}::pg_catalog.oid, ${rows}::pg_catalog.float4, ${pages}, ${visible})`)
      .join(", ")}) x(oid, file, rows, pages, visible) WHERE c.oid = x.oid`,
  ];
  try {
    await ask(statements.join(";\n"));
  } catch (cause) {
    throw new UsageError("bad-index", `PostgreSQL does not make this index: ${messageOf(cause)}.`, "Correct its definition.", { cause });
  }
}

/** A table without columns and rows, whose file stands in for others. */
export const EMPTY = "luthier_phantom.empty";
export const MAKE_EMPTY = [`CREATE TABLE ${EMPTY} ()`];

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
