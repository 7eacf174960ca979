/** Rules that read plans: one finding for each statement and table, from the worst of the statement's plans. */
import type {
  ChangeProposal,
  Confidence,
  Database,
  DatabaseDraft,
  DatabaseInput,
  Evidence,
  FixDraft,
  Judgement,
  ObjectSpot,
  Plan,
  Severity,
  Spot,
  Statement,
  Unjudged,
} from "../../model/index.ts";
import { distinctBy } from "../../model/group-by.ts";
import { formatCount } from "../../model/numbers.ts";
import { indexSpot, modelLabel, tableSpot } from "./names.ts";
import { nodeName, stepsOf, type PlanStep } from "./plan-steps.ts";
import { planEvidence, sentFrom, statementEvidence, statementSpot } from "./statement-places.ts";

/** What a rule found wrong in a plan. */
export interface PlanFlaw {
  /** Null when it is of the plan as a whole. */
  readonly step: PlanStep | null;
  readonly claim: string;
  readonly reason: string;
  readonly remedy: string;
  readonly doubt: string;
  readonly severity?: Severity;
  readonly confidence?: Confidence;
  /** The worst plan of a statement speaks for it: more is worse. */
  readonly weight: number;
  readonly figures: Readonly<Record<string, number>>;
  /** Milliseconds of the plan's run that the change can take away at most; null where they were not measured, none where no part of the run stands for them. */
  readonly mostMs?: number | null;
  /** What statements have in common that one change helps: they are one finding. */
  readonly cause?: string;
  readonly fixes?: readonly FixDraft[];
  /** Further tables, where the node itself names none. */
  readonly tables?: readonly string[];
  /** Lines of the source that it comes from, beside those of the statement. */
  readonly spots?: readonly Spot[];
  /** Evidence beside the plan's own: of the catalog, of counters. */
  readonly evidence?: readonly Evidence[];
  /** To be planned, where there is a phantom. */
  readonly tries?: ChangeProposal;
}

export interface PlanReading {
  /** Its figures are there only when the plan was run (ANALYZE). */
  readonly needsRun: boolean;
  /** What is wrong, looked for in the plan's nodes, outermost first. */
  readonly flaws: (steps: readonly PlanStep[], plan: Plan) => readonly PlanFlaw[];
}

export const NEEDS_PLANS = "needs plans: name files of EXPLAIN (FORMAT JSON) with --plan, or a log of auto_explain with --log";

/** Ours: what a plan of less can save is not felt by anybody. Overridable as `plan.ms`. */
const LEAST_MS = 10;
/** Unless it runs so often that its statement took this long in all; ours, as for `top-statements`. Overridable as `plan.total-ms`. */
const LEAST_TOTAL_MS = 1000;

export function judgePlans({ database, thresholds }: DatabaseInput, { needsRun, flaws }: PlanReading): Judgement {
  const totals = new Map(database.workload.statements.map(({ id, totalMs }) => [id, totalMs]));
  const isFelt = ({ executionMs, statement }: Plan): boolean =>
    executionMs === null ||
    executionMs >= (thresholds["plan.ms"] ?? LEAST_MS) ||
    (totals.get(statement ?? "") ?? 0) >= (thresholds["plan.total-ms"] ?? LEAST_TOTAL_MS);
  const { plans } = database.workload;
  const usable = plans.filter((plan) => plan.isAnalyzed || !needsRun);
  const found = usable.filter(isFelt).flatMap((plan) => flaws(stepsOf(plan), plan).map((flaw) => ({ plan, flaw })));
  return {
    drafts: byCause(worstOfEach(found)).map((group) => toDraft(group, database)),
    unjudged: plans.length === 0 ? [{ object: "", why: NEEDS_PLANS }] : notRun(plans.filter((plan) => !usable.includes(plan))),
    examined: plans.length === 0 ? "" : `${plans.length} ${plans.length === 1 ? "plan" : "plans"}`,
  };
}

/**
 * Both halves of a rule: what its plans show, and what counters show of statements without one. Where one of them is there, the rule has judged by that;
 * what it looked at says which.
 */
export function together(plans: Judgement, counters: Judgement): Judgement {
  const judgements = [plans, counters];
  const planned = new Set(plans.drafts.map(({ key }) => key[0]));
  const hasJudged = judgements.some(({ examined }) => examined !== "");
  return {
    drafts: [...plans.drafts, ...counters.drafts.filter(({ key }) => !planned.has(key[0]))],
    unjudged: judgements.flatMap(({ unjudged }) => unjudged.filter(({ object }) => object !== "" || !hasJudged)),
    examined: judgements
      .map(({ examined }) => examined)
      .filter((one) => one !== "")
      .join(", "),
  };
}

function notRun(plans: readonly Plan[]): Unjudged[] {
  return plans.map(({ source }) => ({ object: `plan ${source.file}:${source.line}`, why: "needs EXPLAIN (ANALYZE): this plan was not run" }));
}

interface Found {
  readonly plan: Plan;
  readonly flaw: PlanFlaw;
}

function worstOfEach(found: readonly Found[]): WorstFound[] {
  const groups = new Map<string, Found[]>();
  for (const one of found) {
    const key = JSON.stringify([planKey(one.plan), ...stepKey(one.flaw.step)]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => {
    const [worst] = group.toSorted((a, b) => b.flaw.weight - a.flaw.weight);
    return worst === undefined ? [] : [{ ...worst, count: new Set(group.map(({ plan }) => plan)).size }];
  });
}

/** Plans of one statement, whatever its values were. */
const planKey = ({ statement, fingerprint, source }: Plan): string => statement ?? fingerprint ?? `${source.file}:${source.line}`;

function stepKey(step: PlanStep | null): string[] {
  return step === null ? [] : [step.node.type, step.node.relation ?? step.node.alias ?? step.node.index ?? ""];
}

type WorstFound = Found & { readonly count: number };
/** The one that speaks for all stands first. */
type Group = readonly [WorstFound, ...WorstFound[]];

function byCause(found: readonly WorstFound[]): Group[] {
  const groups = new Map<string, [WorstFound, ...WorstFound[]]>();
  for (const one of found.toSorted((a, b) => b.flaw.weight - a.flaw.weight)) {
    const key = JSON.stringify(keyOf(one));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

const keyOf = ({ plan, flaw }: WorstFound): readonly string[] => (flaw.cause === undefined ? [planKey(plan), ...stepKey(flaw.step)] : [flaw.cause]);

function toDraft(group: Group, database: Database): DatabaseDraft {
  const [{ flaw }, ...others] = group;
  const table = flaw.step?.node.relation == null ? null : database.tableNamed(flaw.step.node.relation);
  const model = table === null ? undefined : modelLabel(database, table);
  const { claim, reason, remedy, doubt, severity, confidence } = flaw;
  const also = others.length === 0 ? "" : ` The same holds for ${formatCount(others.length, "other statement")}.`;
  return {
    key: keyOf(group[0]),
    ...(severity === undefined ? {} : { severity }),
    ...(confidence === undefined ? {} : { confidence }),
    claim,
    reason: `${reason}${also}`,
    remedy,
    doubt,
    ...(model === undefined ? {} : { model }),
    places: distinctBy(
      group.flatMap((one) => placesOf(one, database)),
      (place) => JSON.stringify(place),
    ),
    evidence: group.flatMap((one) => evidenceOf(one, database)),
    fixes: flaw.fixes ?? [],
    ...(flaw.tries === undefined ? {} : { tries: flaw.tries }),
  };
}

function evidenceOf({ plan, flaw, count }: WorstFound, database: Database): Evidence[] {
  const statement = statementOf(plan, database);
  const most = mostPart(plan, flaw);
  return [
    planEvidence(plan, {
      ...flaw.figures,
      ...(most === null || plan.executionMs === null ? {} : { mostRemovedMs: rounded(most * plan.executionMs) }),
      ...(count > 1 ? { plans: count } : {}),
    }),
    ...(flaw.evidence ?? []),
    ...(statement === null ? [] : [statementEvidence(database, statement)]),
  ];
}

/** Null where the plan was not run, or no part of the run stands for what the change is about. */
function mostPart({ executionMs }: Plan, { mostMs }: PlanFlaw): number | null {
  return mostMs == null || executionMs === null || executionMs <= 0 ? null : Math.min(1, Math.max(0, mostMs / executionMs));
}

const rounded = (value: number): number => Number(value.toPrecision(3));

export function statementOf({ statement }: Plan, { workload }: Database): Statement | null {
  return statement == null ? null : (workload.statements.find(({ id }) => id === statement) ?? null);
}

function placesOf({ plan, flaw }: Found, database: Database): (Spot | ObjectSpot)[] {
  const { step, tables = [], spots = [] } = flaw;
  const statement = statementOf(plan, database);
  const part = mostPart(plan, flaw);
  const label = step === null ? undefined : nodeName(step.node);
  const named = [...(step?.node.relation == null ? [] : [step.node.relation]), ...tables];
  const found = [...new Set(named)].flatMap((name) => database.tableNamed(name) ?? []);
  const index = step?.node.index == null ? undefined : database.catalog.indexes.find(({ name }) => name === step.node.index);
  return [
    statement === null ? planSpot(plan, label) : { ...statementSpot(statement, label), ...(part === null ? {} : { mostPart: rounded(part) }) },
    ...found.map((one) => tableSpot(one)),
    ...(index === undefined ? [] : [indexSpot(index)]),
    ...found.slice(0, 1).flatMap((one) => tableDeclaration(database.declarationOfTable(one))),
    ...spots,
    ...(statement === null ? [] : sentFrom(statement)),
  ];
}

function tableDeclaration(span: Spot["span"] | null): Spot[] {
  return span === null ? [] : [{ role: "definition", span, label: "its model" }];
}

function planSpot({ source }: Plan, label: string | undefined): ObjectSpot {
  return { role: "statement", object: `in ${source.file}:${source.line}`, ...(label === undefined ? {} : { label }) };
}
