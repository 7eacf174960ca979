/** Changes that are no indexes, tried one by one: settings, statistics of columns together, statements that ask otherwise. */
import type { ChangedStatement, ChangeProof, ChangeProposal, Database, Plan } from "../model/index.ts";
import { planKey } from "../advisors/indexes/verdict.ts";
import { dependencySql } from "../postgres/phantom/dependency-bytes.ts";
import { quoteName, quoteQualified } from "../postgres/quote.ts";
import { throughDoor } from "./phantom/door.ts";
import type { PreparedStatement, Sight, Trial } from "./phantom/trial.ts";
import { NO_PLAN, plansIn, type Measured } from "./study-plans.ts";

export interface ChangeInput {
  readonly changes: readonly ChangeProposal[];
  readonly database: Database;
  /** Of each question, as it is planned today. */
  readonly plans: readonly (Measured | null)[];
  readonly prepared: readonly PreparedStatement[];
  /** Of the server that plans. */
  readonly major: number;
  readonly progress: (phase: string, done: number, total: number) => void;
}

export async function tryChanges(trial: Trial, input: ChangeInput): Promise<ChangeProof[]> {
  const proofs: ChangeProof[] = [];
  for (const [place, change] of input.changes.entries()) {
    input.progress("planning with a change", place, input.changes.length);
    proofs.push(await proofOf(trial, change, input));
  }
  return proofs;
}

async function proofOf(trial: Trial, change: ChangeProposal, input: ChangeInput): Promise<ChangeProof> {
  if (change.kind === "setting") return { proposal: change, refused: null, statements: await underSetting(trial, change, input) };
  if (change.kind === "restated") return { proposal: change, refused: null, statements: await askedOtherwise(trial, change, input) };
  return await withStatistics(trial, change, input);
}

// ------------------------------------------------------------------------------------------------------------ all statements, some statements

async function underSetting(
  trial: Trial,
  { name, value }: ChangeProposal & { readonly kind: "setting" },
  { plans, prepared, database }: ChangeInput,
): Promise<ChangedStatement[]> {
  const asked = [...plans.entries()].flatMap(([number, one]) => {
    const text = prepared[number];
    return one === null || text === undefined ? [] : [{ one, text }];
  });
  const after = await plansIn(
    trial,
    asked.map(({ text }) => text),
    { shown: [], settings: { [name]: value } },
  );
  return perStatement(
    asked.flatMap(({ one }, place) => pairOf(one, after[place])),
    database,
  );
}

async function askedOtherwise(
  trial: Trial,
  { rewrites }: ChangeProposal & { readonly kind: "restated" },
  { plans, database }: ChangeInput,
): Promise<ChangedStatement[]> {
  const pairs: Pair[] = [];
  for (const one of plans) {
    const rewritten = one === null ? undefined : rewrites.find(({ statement }) => statement === database.workload.statements[one.statement]?.id);
    if (one === null || rewritten === undefined) continue;
    const text = await trial.prepare(rewritten.sql, one.asked.parameters);
    if ("refused" in text) continue;
    pairs.push(...pairOf(one, (await plansIn(trial, [text], { shown: [] }))[0]));
  }
  return perStatement(pairs, database);
}

interface Pair {
  readonly statement: number;
  readonly isSure: boolean;
  readonly before: Plan;
  readonly after: Plan;
}

const pairOf = ({ statement, server, asked }: Measured, after: Plan | undefined): Pair[] =>
  after === undefined || after === NO_PLAN ? [] : [{ statement, isSure: !("generic" in asked.parameters), before: server.before, after }];

/** Of a statement's values the ones whose plan becomes another, and of those the ones whose cost changes most. */
function perStatement(pairs: readonly Pair[], { workload }: Database): ChangedStatement[] {
  const byStatement = new Map<number, Pair[]>();
  for (const one of pairs) byStatement.set(one.statement, [...(byStatement.get(one.statement) ?? []), one]);
  return [...byStatement].flatMap(([number, all]) => {
    const statement = workload.statements[number];
    const [first] = all.toSorted((a, b) => Number(isOther(b)) - Number(isOther(a)) || factorOf(b) - factorOf(a));
    return statement === undefined || first === undefined ? [] : [changed(statement.id, statement.calls, first)];
  });
}

const costs = ({ before, after }: Pick<Pair, "before" | "after">): ChangedStatement["cost"] => ({
  before: before.root.cost.total,
  after: after.root.cost.total,
});
/** What is asked otherwise may end sooner on the same way: LIMIT stands above it then. */
const isOther = ({ before, after }: Pick<Pair, "before" | "after">): boolean =>
  planKey(before.root) !== planKey(after.root) || before.root.type !== after.root.type;

/** How many times more or less it costs. */
function factorOf(pair: Pair): number {
  const { before, after } = costs(pair);
  return Math.abs(Math.log(Math.max(after, 1e-9) / Math.max(before, 1e-9)));
}

function changed(statement: string, calls: number, pair: Omit<Pair, "statement">): ChangedStatement {
  const other = isOther(pair);
  return { statement, calls, cost: costs(pair), isSure: pair.isSure, isOther: other, plans: other ? { before: pair.before, after: pair.after } : null };
}

// ------------------------------------------------------------------------------------------------------------ statistics

type Statistics = ChangeProposal & { readonly kind: "statistics" };

/** Part of the rows that came, from which on the condition is taken for told by the columns' dependency. Ours. */
const NEAR = 0.5;

/**
 * The condition has as many rows as came where the one column tells the other to some degree. The planner's estimate is a straight line between no dependency and a whole
 * one, so that two of its own estimates give the degree.
 */
async function withStatistics(trial: Trial, change: Statistics, input: ChangeInput): Promise<ChangeProof> {
  const refused = (why: string): ChangeProof => ({ proposal: change, refused: why, statements: [] });
  const { table, alias, condition, rows } = change;
  const probe = await trial.prepare(`SELECT 1 FROM ONLY ${quoteQualified(table)} AS ${quoteName(alias)} WHERE ${condition}`, { literals: [] });
  const whole = await trial.prepare(change.sql, { literals: [] });
  if ("refused" in probe) return refused(`its condition cannot be planned by itself: ${probe.refused}`);
  if ("refused" in whole) return refused(`it cannot be planned: ${whole.refused}`);
  const estimate = async (sight: Sight): Promise<number | null> => {
    const [plan] = await plansIn(trial, [probe], sight);
    return plan === undefined || plan === NO_PLAN ? null : plan.root.planRows;
  };
  const least = await estimate({ shown: [] });
  const most = await estimate({ shown: [], inside: statisticsOf(change, input, 1) });
  if (least === null || most === null) return refused("its statistics cannot be made up here");
  if (most <= least || most < rows * NEAR)
    return refused(
      `statistics of the columns' dependency would have it expect ${Math.round(most)} rows at most: what the columns have in common is not in the snapshot`,
    );
  const degree = Math.min(1, Math.max(0, (rows - least) / (most - least)));
  const [before] = await plansIn(trial, [whole], { shown: [] });
  const [after] = await plansIn(trial, [whole], { shown: [], inside: statisticsOf(change, input, degree) });
  if (before === undefined || after === undefined || before === NO_PLAN || after === NO_PLAN) return refused("the statement cannot be planned with them");
  return { proposal: change, refused: null, statements: [changed("", 1, { isSure: true, before, after })] };
}

const PROBE = "luthier_phantom.luthier_probe";
const WITH_EXPRESSIONS = 14;
const WITH_INHERITED = 15;

/** Inside of a transaction that is rolled back. The names go where those of the snapshot do. */
function statisticsOf({ table, columns }: Statistics, { major }: ChangeInput, degree: number): readonly string[] {
  const values = [
    "s.oid",
    ...(major >= WITH_INHERITED ? ["false"] : []),
    "NULL",
    dependencySql(degree, "s.stxkeys[0]", "s.stxkeys[1]"),
    "NULL",
    ...(major >= WITH_EXPRESSIONS ? ["NULL"] : []),
  ];
  const from = "FROM pg_catalog.pg_statistic_ext s WHERE s.stxname = 'luthier_probe'";
  return [
    "DO $luthier$ BEGIN CREATE CAST (bytea AS pg_catalog.pg_dependencies) WITHOUT FUNCTION; EXCEPTION WHEN duplicate_object THEN NULL; END $luthier$",
    throughDoor(`CREATE STATISTICS ${PROBE} (dependencies) ON ${columns.map((one) => quoteName(one)).join(", ")} FROM ${quoteQualified(table)}`),
    `DELETE FROM pg_catalog.pg_statistic_ext_data WHERE stxoid = (SELECT s.oid ${from})`,
    `INSERT INTO pg_catalog.pg_statistic_ext_data SELECT ${values.join(", ")} ${from}`,
  ];
}
