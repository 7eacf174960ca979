/** The advice about indexes as text and as JSON. Costs are the planner's: they are never called time. */
import type { Database, IndexStudy, RemovalProof, StudiedIndex, StudiedStatement } from "../model/index.ts";
import { formatBytes, formatCount, formatNumber } from "../model/numbers.ts";
import { costOfWorkload, verifiable, wholeCost } from "../advisors/indexes/summary.ts";
import { suffering } from "../advisors/indexes/verdict.ts";
import { describeShape } from "../sql/describe-shape.ts";
import { cleanLine } from "./clean-text.ts";

const MOST_STATEMENTS = 20;
const MOST_REJECTED = 8;

export function indexAdviceText(study: IndexStudy, database: Database): string {
  const lines = [
    ...headOf(study),
    "",
    ...(study.added.length === 0 ? [] : ["Add", ...study.added.flatMap((one) => indexLines(one, study)), ""]),
    ...statementLines(study, database),
    ...removalLines(study, database),
    ...rejectedLines(study),
    ...doubtLines(study),
  ];
  return `${lines.map((line) => cleanLine(line)).join("\n").trimEnd()}\n`;
}

function headOf(study: IndexStudy): string[] {
  const { added, budget, gap } = study;
  const { before, after } = wholeCost(study, "server");
  const planned = formatCount(study.statements.length, "statement");
  const head =
    added.length === 0
      ? `No new index within ${formatBytes(budget)} makes ${planned} cheaper.`
      : `${formatCount(added.length, "index", "indexes")} of ${formatBytes(added.reduce((sum, { bytes }) => sum + bytes, 0))} take the estimated cost of ${planned} from ${formatNumber(before)} to ${formatNumber(after)} (${percent(after / before)}).`;
  const proven = gap === null ? "" : gap < TINY ? ` No better choice exists among ${formatNumber(study.candidates)} candidates, over ${formatNumber(study.plans)} plans.` : ` At most ${percent(gap, 2)} of what they save is left among ${formatNumber(study.candidates)} candidates, over ${formatNumber(study.plans)} plans.`;
  const ended = study.isComplete ? "" : " The search was ended early: this is the best so far.";
  return [`${head}${proven}${ended}`, `Planned by PostgreSQL ${study.version} on a phantom. Costs are the planner's own, not time.`];
}

/** As good as none: the solver stops at half a thousandth. */
const TINY = 1e-6;

const percent = (share: number, digits = 3): string => `${(share * 100).toPrecision(digits)} %`;

function indexLines({ label, sql, bytes, isGuess, serves, upkeep, doubts }: StudiedIndex, study: IndexStudy): string[] {
  const size = isGuess ? "size not known" : formatBytes(bytes);
  const saved = study.statements.filter(({ statement }) => serves.includes(statement)).length;
  return [`  ${label}: ${size}, used by ${formatCount(saved, "statement")}${upkeep > 0 ? `, upkeep ${formatNumber(Math.round(upkeep))}` : ""}`, `    ${sql};`, ...doubts.map((one) => `    ${one}`)];
}

function statementLines(study: IndexStudy, { workload }: Database): string[] {
  const changed = study.statements.filter(({ verdict }) => verdict !== "same").toSorted((a, b) => costOfWorkload(b) - costOfWorkload(a));
  if (changed.length === 0) return [];
  const rows = changed.slice(0, MOST_STATEMENTS).flatMap((one) => {
    const statement = workload.statements.find(({ id }) => id === one.statement);
    const text = statement === undefined ? one.statement : statement.shape === null ? statement.sql.slice(0, 100) : describeShape(statement.shape).slice(0, 100);
    return [`  ${text}`, `    ${costs(one)}; ${VERDICTS[one.verdict]}${rangeOf(one)}`];
  });
  const more = changed.length > MOST_STATEMENTS ? [`  and ${changed.length - MOST_STATEMENTS} more`] : [];
  return ["Statements", ...rows, ...more, ""];
}

const VERDICTS: Readonly<Record<StudiedStatement["verdict"], string>> = { gain: "the same plan under both", verify: "verify by running: the plan depends on the constants", same: "as before", dearer: "dearer" };

function costs({ server, careful, calls }: StudiedStatement): string {
  return `${formatNumber(calls)} calls, cost ${formatCost(server.before)} -> ${formatCost(server.after)}; careful ${formatCost(careful.before)} -> ${formatCost(careful.after)}`;
}

const formatCost = (cost: number): string => formatNumber(Number(cost.toPrecision(4)));

function rangeOf({ range, basis }: StudiedStatement): string {
  if (basis === "any") return "; planned for any values";
  return range === null ? "" : `; ${percent(range.low)} to ${percent(range.high)} of the cost, by value`;
}

function removalLines({ removals }: IndexStudy, { workload }: Database): string[] {
  const unused = removals.filter(({ users }) => users.length === 0);
  const harmless = removals.filter((one) => one.users.length > 0 && suffering(one).length === 0);
  const needed = removals.filter((one) => suffering(one).length > 0);
  const name = ({ index }: RemovalProof): string => `${index.schema}.${index.name}`;
  const who = (one: RemovalProof): string => {
    const [worst] = suffering(one).toSorted((a, b) => b.cost.after / b.cost.before - a.cost.after / a.cost.before);
    const statement = workload.statements.find(({ id }) => id === worst?.statement);
    return worst === undefined ? "" : `${formatCount(suffering(one).length, "statement")} would suffer, the worst ${formatCost(worst.cost.before)} -> ${formatCost(worst.cost.after)}: ${statement?.shape == null ? worst.statement : describeShape(statement.shape).slice(0, 80)}`;
  };
  return [
    ...(unused.length === 0 ? [] : ["No planned statement uses", ...unused.map((one) => `  ${name(one)}`), ""]),
    ...(harmless.length === 0 ? [] : ["Used, but no planned statement would cost 5 % more without one of them: drop one, then look again", ...harmless.map((one) => `  ${name(one)}`), ""]),
    ...(needed.length === 0 ? [] : ["Needed", ...needed.map((one) => `  ${name(one)}: ${who(one)}`), ""]),
  ];
}

function rejectedLines({ rejected }: IndexStudy): string[] {
  if (rejected.length === 0) return [];
  return ["Considered and not taken", ...rejected.slice(0, MOST_REJECTED).map(({ label, bytes, why }) => `  ${label}${bytes === null ? "" : ` (${formatBytes(bytes)})`}: ${why}`), ""];
}

function doubtLines(study: IndexStudy): string[] {
  const verify = verifiable(study);
  return [
    ...(verify.length === 0 ? [] : [`${formatCount(verify.length, "statement")} to verify by running: under random_page_cost 1.1 and effective_cache_size of shared_buffers the plan is another one. On a copy: luthier advise indexes --measure --db COPY.`]),
    ...(study.unplanned.length === 0 ? [] : [`${formatCount(study.unplanned.length, "statement")} could not be planned, the first: ${study.unplanned[0]?.why ?? ""}`]),
    ...study.notes.map((one) => `Not as in production: ${one}`),
  ];
}

export function indexAdviceJson(study: IndexStudy, { snapshot, workload }: Database): object {
  const index = ({ table, ...one }: StudiedIndex): object => ({ ...one, table: `${table.schema}.${table.name}` });
  const sqlOf = (id: string): string | null => workload.statements.find((one) => one.id === id)?.sql ?? null;
  return {
    schema: "luthier-index-advice/1",
    takenAt: snapshot.takenAt,
    version: study.version,
    budget: study.budget,
    complete: study.isComplete,
    gap: study.gap,
    candidates: study.candidates,
    plans: study.plans,
    cost: { server: wholeCost(study, "server"), careful: wholeCost(study, "careful") },
    add: study.added.map(index),
    statements: study.statements.map((one) => ({ ...one, plans: undefined, sql: sqlOf(one.statement) })),
    removals: study.removals.map((one) => ({ index: `${one.index.schema}.${one.index.name}`, planned: one.planned, users: one.users.map((user) => ({ ...user, plans: undefined })) })),
    rejected: study.rejected,
    unplanned: study.unplanned,
    notes: study.notes,
  };
}
