/** The advice about indexes as text and as JSON. Costs are the planner's: they are never called time. */
import type { Database, IndexStudy, RemovalProof, StudiedIndex, StudiedStatement } from "../model/index.ts";
import { formatBytes, formatCount, formatNumber, formatPercentFinely } from "../model/numbers.ts";
import { costOfWorkload, verifiable, wholeCost } from "../advisors/indexes/summary.ts";
import { isDearerHeld, suffering } from "../advisors/indexes/verdict.ts";
import { cleanLine } from "./clean-text.ts";
import { plainLines, sqlLines, statementLine } from "./plain-lines.ts";

const MOST_STATEMENTS = 20;
const MOST_REJECTED = 8;
const MOST_NAMES = 12;

export function indexAdviceText(study: IndexStudy, database: Database): string {
  const lines = [
    ...headOf(study),
    "",
    ...(study.added.length === 0 ? [] : ["Add", ...study.added.flatMap((one) => indexLines(one)), ""]),
    ...statementLines(study, database),
    ...removalLines(study, database),
    ...rejectedLines(study),
    ...doubtLines(study),
  ];
  return `${lines
    .map((line) => cleanLine(line))
    .join("\n")
    .trimEnd()}\n`;
}

function headOf(study: IndexStudy): string[] {
  const { added, budget } = study;
  const { before, after } = wholeCost(study, "server");
  const planned = formatCount(study.statements.length, "statement");
  const head =
    added.length === 0
      ? `No new index within ${formatBytes(budget)} makes ${planned} cheaper.`
      : `${formatCount(added.length, "index", "indexes")} of ${formatBytes(added.reduce((sum, { bytes }) => sum + bytes, 0))} take the estimated cost of ${planned} from ${formatCost(before)} to ${formatCost(after)} (${formatPercentFinely(1 - after / before)} less).`;
  return [
    ...plainLines(head),
    ...plainLines(`${provenWords(study)} The budget is ${formatBytes(budget)}.`),
    ...plainLines(`Planned by PostgreSQL ${study.version} on a copy without rows. Costs are the planner's own, not time.`),
  ];
}

/** How far from the best: of the candidates, as the plans that were made have it. */
function provenWords({ gap, candidates, plans, isComplete }: IndexStudy): string {
  const among = `of ${formatCount(candidates, "candidate")}, by ${formatCount(plans, "plan")} that ${plans === 1 ? "was" : "were"} made`;
  const proven =
    gap === null
      ? `Chosen ${among}; how far it is from the best is not known.`
      : gap < TINY
        ? `No other choice costs less, ${among}.`
        : `No other choice costs over ${formatPercentFinely(gap, 2)} less, ${among}.`;
  return isComplete ? proven : `${proven} The search was ended early: this is the best so far.`;
}

/** As good as none: the solver stops at half a thousandth. */
const TINY = 1e-6;

function indexLines({ label, sql, bytes, isGuess, serves, upkeep, doubts }: StudiedIndex): string[] {
  const size = isGuess ? "size not known" : formatBytes(bytes);
  const facts = [size, `used by ${formatCount(serves.length, "statement")}`, ...(upkeep > 0 ? [`upkeep costs ${formatNumber(Math.round(upkeep))}`] : [])];
  return [...plainLines(`${label}: ${facts.join(", ")}`, "  ", "    "), ...sqlLines(`${sql};`, "    "), ...doubts.flatMap((one) => plainLines(one, "    "))];
}

function statementLines(study: IndexStudy, { workload }: Database): string[] {
  const changed = study.statements.filter(({ verdict }) => verdict !== "same").toSorted((a, b) => costOfWorkload(b) - costOfWorkload(a));
  if (changed.length === 0) return [];
  const rows = changed
    .slice(0, MOST_STATEMENTS)
    .flatMap((one) => [statementLine(one.statement, workload, "  "), ...plainLines(`${costs(one)}; ${verdictWords(one)}${rangeOf(one)}`, "    ")]);
  const more = changed.length > MOST_STATEMENTS ? [`  and ${formatNumber(changed.length - MOST_STATEMENTS)} more`] : [];
  return [
    ...plainLines(
      "Statements: cost of one call as the server's constants have it; in brackets with random_page_cost 1.1 and effective_cache_size at shared_buffers",
    ),
    ...rows,
    ...more,
    "",
  ];
}

const VERDICTS: Readonly<Record<StudiedStatement["verdict"], string>> = {
  gain: "the same plan under both",
  verify: "verify by running: the plan depends on the constants",
  same: "as before",
  dearer: "dearer",
};

function verdictWords({ verdict, held }: StudiedStatement): string {
  return verdict === "verify" && held !== undefined && isDearerHeld(held)
    ? `verify by running: with little memory this plan costs ${formatPercentFinely(held.after / held.before, 3)} of what it costs now`
    : VERDICTS[verdict];
}

function costs({ server, careful, calls }: StudiedStatement): string {
  return `${formatCount(calls, "call")}, ${formatCost(server.before)} -> ${formatCost(server.after)} (${formatCost(careful.before)} -> ${formatCost(careful.after)})`;
}

const formatCost = (cost: number): string => formatNumber(Number(cost.toPrecision(4)));

function rangeOf({ range, basis }: StudiedStatement): string {
  if (basis === "any") return "; planned for any values";
  return range === null ? "" : `; by value ${formatPercentFinely(range.low, 3)} to ${formatPercentFinely(range.high, 3)} of its cost before`;
}

function removalLines({ removals }: IndexStudy, { workload }: Database): string[] {
  const unused = removals.filter(({ users }) => users.length === 0);
  const harmless = removals.filter((one) => one.users.length > 0 && suffering(one).length === 0);
  const needed = removals.filter((one) => suffering(one).length > 0);
  return [
    ...named("No planned statement uses; whether one may go depends on its counters too", unused),
    ...named("Used, but no planned statement costs 5 % more without one of them: drop one, then look again", harmless),
    ...(needed.length === 0
      ? []
      : [
          "Needed",
          ...needed
            .toSorted((a, b) => harm(b) - harm(a))
            .slice(0, MOST_NAMES)
            .flatMap((one) => neededLines(one, workload)),
          ...more(needed.length),
          "",
        ]),
  ];
}

function named(title: string, all: readonly RemovalProof[]): string[] {
  return all.length === 0 ? [] : [...plainLines(title), ...all.slice(0, MOST_NAMES).map((one) => `  ${nameOf(one)}`), ...more(all.length), ""];
}

const nameOf = ({ index }: RemovalProof): string => `${index.schema}.${index.name}`;
const more = (count: number): string[] => (count > MOST_NAMES ? [`  and ${formatNumber(count - MOST_NAMES)} more (--format json has them all)`] : []);
/** What all calls of those that suffer would cost more. */
const harm = (one: RemovalProof): number => suffering(one).reduce((sum, { cost, calls }) => sum + (cost.after - cost.before) * calls, 0);

function neededLines(proof: RemovalProof, workload: Database["workload"]): string[] {
  const [worst] = suffering(proof).toSorted((a, b) => b.cost.after / b.cost.before - a.cost.after / a.cost.before);
  if (worst === undefined) return [];
  return [
    ...plainLines(
      `${nameOf(proof)}: without it ${formatCount(suffering(proof).length, "statement")} would suffer, the worst ${formatCost(worst.cost.before)} -> ${formatCost(worst.cost.after)}`,
      "  ",
      "    ",
    ),
    statementLine(worst.statement, workload, "    "),
  ];
}

function rejectedLines({ rejected }: IndexStudy): string[] {
  if (rejected.length === 0) return [];
  return [
    "Considered and not taken",
    ...rejected
      .slice(0, MOST_REJECTED)
      .flatMap(({ label, bytes, why }) => plainLines(`${label}${bytes === null ? "" : ` (${formatBytes(bytes)})`}: ${why}`, "  ", "    ")),
    "",
  ];
}

function doubtLines(study: IndexStudy): string[] {
  const verify = verifiable(study);
  const unplanned = formatCount(study.unplanned.length, "statement");
  return [
    ...(verify.length === 0
      ? []
      : plainLines(`${formatCount(verify.length, "statement")} to verify by running, on a copy: luthier advise indexes --measure --db COPY.`)),
    ...(study.unplanned.length === 0 ? [] : plainLines(`${unplanned} could not be planned, the first: ${study.unplanned[0]?.why ?? ""}`)),
    ...study.notes.flatMap((one) => plainLines(`Not as in production: ${one}`)),
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
    removals: study.removals.map((one) => ({
      index: `${one.index.schema}.${one.index.name}`,
      planned: one.planned,
      users: one.users.map((user) => ({ ...user, plans: undefined })),
    })),
    rejected: study.rejected,
    unplanned: study.unplanned,
    notes: study.notes,
  };
}
