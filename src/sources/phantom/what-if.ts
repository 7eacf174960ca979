/** Indexes that are not there, others that are no longer, and other settings: in a transaction that is always rolled back. */
import { rmSync } from "node:fs";
import type { Plan } from "../../model/index.ts";
import { UsageError } from "../../model/usage-error.ts";
import type { IndexSpec } from "../../postgres/phantom/index-spec.ts";
import { setStatement } from "../../postgres/phantom/planner-settings.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import { quoteQualified } from "../../postgres/quote.ts";
import { addIndex, kept, type AddContext, type AddedIndex } from "./add-index.ts";
import type { Ask } from "./connection.ts";
import { messageOf } from "./load-schema.ts";
import { planStatement, type Parameters } from "./plan-statement.ts";

export interface Change {
  readonly add?: readonly IndexSpec[];
  /** Indexes that are there, by schema and name. */
  readonly drop?: readonly { readonly schema: string; readonly name: string }[];
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Changed {
  readonly plan: (sql: string, parameters?: Parameters) => Promise<Plan>;
  /** Of `add`, in that order: one for each; of a partitioned table, its partitions' together. */
  readonly indexes: readonly AddedIndex[];
}

export interface WhatIfContext extends AddContext {
  readonly major: number;
}

export async function whatIf<Result>(context: WhatIfContext, change: Change, work: (changed: Changed) => Promise<Result>): Promise<Result> {
  const { ask, major } = context;
  const files: string[] = [];
  await ask("BEGIN");
  try {
    for (const one of change.drop ?? []) await dropIndex(ask, one);
    const indexes: AddedIndex[] = [];
    for (const spec of change.add ?? []) indexes.push(await addIndex(context, spec, files));
    for (const [name, value] of Object.entries(change.settings ?? {})) await set(ask, name, value);
    return await work({ indexes, plan: (sql, parameters = { literals: [] }) => kept(ask, () => planStatement(ask, sql, parameters, major)) });
  } finally {
    await ask("ROLLBACK").catch(() => {});
    for (const file of files) rmSync(file, { force: true });
  }
}

async function set(ask: Ask, name: string, value: string): Promise<void> {
  await ask(setStatement(name, value, true)).catch((cause: unknown) => {
    throw new UsageError("bad-change", `${name} cannot be ${value}: ${messageOf(cause)}.`, "Name a setting of the planner and a value that it takes.", {
      cause,
    });
  });
}

async function dropIndex(ask: Ask, index: { readonly schema: string; readonly name: string }): Promise<void> {
  const [row] = await ask<{ oid: number | null }>("SELECT pg_catalog.to_regclass($1)::pg_catalog.oid::pg_catalog.int8 AS oid", [quoteQualified(index)]);
  if (row?.oid === null || row === undefined)
    throw new UsageError("bad-change", `there is no index ${index.schema}.${index.name}.`, "Name one that the snapshot has.");
  await ask(q.INVALIDATE, [row.oid]);
}
