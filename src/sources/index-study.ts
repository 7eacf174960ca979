/** A workload planned with and without indexes, on a phantom of the server that it runs on. */
import type {
  ChangeProposal,
  Database,
  Index,
  IndexProposal,
  IndexStudy,
  Plan,
  ProposalProof,
  RemovalProof,
  StudiedIndex,
  StudiedStatement,
} from "../model/index.ts";
import { createIndexSql } from "../fixes/migrations/index.ts";
import { labelOf, namedIndexes, rejectedOf } from "../advisors/indexes/describe.ts";
import { carefulSettings, costOf, indexesOf, statementVerdict } from "../advisors/indexes/verdict.ts";
import { runIndexSearch, type IndexSearch, type IndexSearchOptions } from "./index-search.ts";
import type { Phantom } from "./phantom/open-phantom.ts";
import type { Trial } from "./phantom/trial.ts";
import { tryChanges } from "./plan-changes.ts";
import { tryProposals } from "./index-proposals.ts";
import { plansIn, type Measured } from "./study-plans.ts";
import { removableIndexes } from "../advisors/indexes/removable.ts";
import { withoutCovered, withoutProposed } from "../advisors/indexes/without-covered.ts";

export interface IndexStudyOptions extends IndexSearchOptions {
  /** What rules propose, to be planned by itself; it is no part of the search. */
  readonly proposals?: readonly IndexProposal[];
  readonly changes?: readonly ChangeProposal[];
}

export async function studyIndexes(phantom: Phantom, database: Database, options: IndexStudyOptions): Promise<IndexStudy> {
  const trial = phantom.trial();
  try {
    const search = await runIndexSearch(trial, database, options);
    const { chosen } = search;
    const plans = await plansOf(trial, search, database, options.progress);
    const names = namedIndexes(
      search,
      database.catalog,
      (options.proposals ?? []).map(({ name }) => name),
    );
    const added = chosen.map((one) => studiedIndex(search, one, names.get(one) ?? ""));
    const statements = verdicts(renamed(plans, namesInPlans(search, names)), new Set(names.values()), database);
    const served = (name: string): string[] => statements.filter(({ uses }) => uses.includes(name)).map(({ statement }) => statement);
    const proposals = await proposalProofs(phantom, search, plans, database, options);
    return {
      version: phantom.version,
      notes: phantom.notes,
      budget: options.budget,
      added: withoutProposed(withoutCovered(added.map((one) => ({ ...one, serves: served(one.name) }))), proposals),
      removals: await removalProofs(trial, search, plans, database, options),
      proposals,
      changes: await tryChanges(trial, {
        changes: options.changes ?? [],
        database,
        plans,
        prepared: search.prepared,
        major: Number.parseInt(phantom.version, 10),
        progress: options.progress,
      }),
      rejected: rejectedOf(search, options.budget),
      statements,
      unplanned: search.unplanned.map(({ statement, why }) => ({ statement: database.workload.statements[statement]?.id ?? "", why })),
      candidates: search.candidates.length,
      plans: search.asked,
      gap: search.gap,
      isComplete: search.isComplete,
    };
  } finally {
    await trial.end();
  }
}

function studiedIndex(search: IndexSearch, number: number, name: string): Omit<StudiedIndex, "serves"> {
  const entry = search.candidates[number];
  if (entry === undefined || "refused" in entry.known) throw new Error("an index was chosen that is none");
  const { candidate, known } = entry;
  const { table, spec } = candidate;
  const sql = createIndexSql(spec, name, table, table.kind !== "partitioned");
  return {
    table,
    name,
    label: labelOf(candidate),
    sql,
    spec,
    bytes: known.bytes,
    isGuess: known.isGuess,
    doubts: known.doubts,
    upkeep: search.upkeepOf(number),
  };
}

// ------------------------------------------------------------------------------------------------------------ plans

async function plansOf(trial: Trial, search: IndexSearch, database: Database, progress: IndexSearchOptions["progress"]): Promise<readonly (Measured | null)[]> {
  const { prepared, questions, chosen, heldCost } = search;
  const careful = carefulSettings(database);
  const looks: Plan[][] = [];
  for (const [index, sight] of [{ shown: [] }, { shown: chosen }, { shown: [], settings: careful }, { shown: chosen, settings: careful }].entries()) {
    progress("comparing plans", index, 4);
    looks.push(await plansIn(trial, prepared, sight));
  }
  return questions.map((asked, index): Measured | null => {
    const [a, b, c, d] = looks.map((one) => one[index]);
    return a === undefined || b === undefined || c === undefined || d === undefined
      ? null
      : {
          statement: asked.statement,
          asked,
          server: { before: a, after: b },
          careful: { before: c, after: d },
          held: { before: heldCost(a), after: heldCost(b) },
        };
  });
}

/** What plans call each chosen index, or its part on a partition. */
function namesInPlans({ candidates }: IndexSearch, names: ReadonlyMap<number, string>): ReadonlyMap<string, string> {
  return new Map(
    [...names].flatMap(([number, name]) => {
      const known = candidates[number]?.known;
      const parts = known === undefined || "refused" in known ? [] : (known.names ?? []);
      return [`luthier_${number}`, ...parts].map((one) => [one, name] as const);
    }),
  );
}

/** Plans name the indexes as they will be called. */
function renamed(plans: readonly (Measured | null)[], names: ReadonlyMap<string, string>): readonly (Measured | null)[] {
  const text = (plan: Plan): Plan =>
    JSON.parse(JSON.stringify(plan).replaceAll(/"index":"([^"\\]+)"/g, (_whole, name: string) => `"index":${JSON.stringify(names.get(name) ?? name)}`)) as Plan;
  return plans.map((one) =>
    one === null
      ? null
      : {
          ...one,
          server: { before: one.server.before, after: text(one.server.after) },
          careful: { before: one.careful.before, after: text(one.careful.after) },
        },
  );
}

function verdicts(plans: readonly (Measured | null)[], added: ReadonlySet<string>, { workload }: Database): StudiedStatement[] {
  const byStatement = new Map<number, Measured[]>();
  for (const one of plans) if (one !== null) byStatement.set(one.statement, [...(byStatement.get(one.statement) ?? []), one]);
  return [...byStatement].flatMap(([number, all]) => {
    const statement = workload.statements[number];
    return statement === undefined ? [] : [statementVerdict(statement.id, statement.calls, all, added)];
  });
}

/** In a trial of their own, whose indexes are numbered from the first on. */
async function proposalProofs(
  phantom: Phantom,
  { prepared }: IndexSearch,
  plans: readonly (Measured | null)[],
  database: Database,
  { proposals = [], progress }: IndexStudyOptions,
): Promise<ProposalProof[]> {
  if (proposals.length === 0) return [];
  // Only now: what the search chooses is to be built as it is, on the database as it is.
  if (proposals.some(({ extension }) => extension === "pg_trgm")) await phantom.install("pg_trgm");
  const trial = phantom.trial();
  try {
    return await tryProposals(trial, { proposals, database, plans, prepared, progress });
  } finally {
    await trial.end();
  }
}

// ------------------------------------------------------------------------------------------------------------ removals

/** Only a plan that uses an index can change when it goes. */
async function removalProofs(
  trial: Trial,
  search: IndexSearch,
  plans: readonly (Measured | null)[],
  database: Database,
  { progress, isOver }: IndexSearchOptions,
): Promise<RemovalProof[]> {
  const proofs: RemovalProof[] = [];
  const removable = removableIndexes(database);
  for (const [index, one] of removable.entries()) {
    progress("planning without an index", index, removable.length);
    if (isOver()) break;
    proofs.push(await proveRemoval(trial, search, plans, one, database));
  }
  return proofs;
}

async function proveRemoval(trial: Trial, search: IndexSearch, plans: readonly (Measured | null)[], index: Index, database: Database): Promise<RemovalProof> {
  const names = new Set([index.name, ...database.catalog.indexes.filter(({ partitionOf }) => partitionOf === index.oid).map(({ name }) => name)]);
  const isUsed = (plan: Plan): boolean => indexesOf(plan.root).some((name) => names.has(name));
  const hidden = [{ schema: index.schema, name: index.name }];
  const users = new Map<number, RemovalProof["users"][number]>();
  for (const which of ["server", "careful"] as const) {
    const settings = which === "careful" ? { settings: carefulSettings(database) } : {};
    const asked = [...plans.entries()].filter(([, one]) => one !== null && isUsed(one[which].before));
    const without = await plansIn(
      trial,
      asked.flatMap(([number]) => search.prepared[number] ?? []),
      { shown: [], hidden, ...settings },
    );
    for (const [place, [, one]] of asked.entries()) {
      const after = without[place];
      const statement = one === null ? undefined : database.workload.statements[one.statement];
      if (one === null || after === undefined || statement === undefined) continue;
      const user = {
        statement: statement.id,
        calls: statement.calls,
        cost: { before: costOf(one[which].before), after: costOf(after) },
        plans: { before: one[which].before, after },
      };
      const known = users.get(one.statement);
      if (known === undefined || user.cost.after / user.cost.before > known.cost.after / known.cost.before) users.set(one.statement, user);
    }
  }
  return { index, planned: new Set(search.questions.map(({ statement }) => statement)).size, users: [...users.values()] };
}
