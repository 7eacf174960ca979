import { formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, PlanNode, Rule, Severity } from "../../model/index.ts";
import { withChangeProofs } from "../database/change-proof.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { isHot, nodeName, ratio, relationsBelow, stepsOf, type PlanStep } from "../database/plan-steps.ts";
import { causeOf } from "./cause.ts";

export const rule: Rule = {
  meta: {
    id: "plan-misestimate",
    chapter: "2.1",
    summary: "The planner is wrong about rows by orders of magnitude",
    severity: "info",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  proposes: true,
  judge: (input) =>
    withChangeProofs(judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }), input.database, {
      standsOn: () => "plans",
    }),
};

/** More or fewer rows than expected, by this factor: worth a note, a warning, an error; this project's notes on plans. */
const LEAST_RATIO = 10;
const WARNING_RATIO = 100;
const ERROR_RATIO = 1_000;
/** Rows, of all loops, expected or found; this project's notes on plans. */
const LEAST_ROWS = 1_000;
/** Of the statement's time or pages, the node and what is above it: a wrong guess that decides nothing is no flaw. Ours. */
const LEAST_SHARE = 0.05;

/** The deepest node that is wrong: those above it are wrong because of it. */
function flawOf(step: PlanStep, input: DatabaseInput): PlanFlaw[] {
  const { node, loops } = step;
  const { thresholds } = input;
  const least = { ratio: thresholds["plan-misestimate"] ?? LEAST_RATIO, rows: thresholds["plan-misestimate.rows"] ?? LEAST_ROWS };
  if (!isWrong(step, least) || node.actualRows === null) return [];
  if (stepsBelow(step).some((one) => isWrong(one, least)) || !mattersTo(step)) return [];
  const factor = ratio(node.actualRows, node.planRows);
  const cause = causeOf(step, input);
  return [
    {
      step,
      severity: severityOf(factor),
      claim: `The planner expects ${formatNumber(node.planRows)} rows of \`${nodeName(node)}\` and gets ${formatNumber(node.actualRows)}${loops > 1 ? " a loop" : ""}, ${formatNumber(Math.round(factor))} times ${node.actualRows > node.planRows ? "as many" : "fewer"}.`,
      reason: `Joins, their order and memory are chosen by that number. ${cause.reason}`,
      remedy: cause.remedy,
      doubt: cause.doubt,
      weight: factor,
      figures: { expectedRows: node.planRows, rows: node.actualRows },
      tables: relationsBelow(node),
      fixes: cause.fixes,
      evidence: cause.evidence,
      spots: cause.spots,
      ...(cause.tries === undefined ? {} : { tries: cause.tries }),
    },
  ];
}

const severityOf = (factor: number): Severity => (factor >= ERROR_RATIO ? "error" : factor >= WARNING_RATIO ? "warning" : "info");

interface Least {
  readonly ratio: number;
  readonly rows: number;
}

function isWrong({ node, loops, above }: PlanStep, least: Least): boolean {
  if (node.actualRows === null || loops === 0 || GUESSED_BY_OTHERS.has(node.type)) return false;
  if (Math.max(node.actualRows, node.planRows) * loops < least.rows || ratio(node.actualRows, node.planRows) < least.ratio) return false;
  return node.actualRows > node.planRows || !mayStopEarly(node, above);
}

/** EXPLAIN gives no rows of these, or they pass on what is below. */
const GUESSED_BY_OTHERS: ReadonlySet<string> = new Set([
  "BitmapAnd",
  "BitmapOr",
  "ModifyTable",
  "Hash",
  "Materialize",
  "Memoize",
  "Bitmap Index Scan",
  "Limit",
]);

/** Fewer rows than expected may be all that were asked for. */
function mayStopEarly({ parent }: PlanNode, above: readonly PlanNode[]): boolean {
  if (parent === "SubPlan" || parent === "InitPlan") return true;
  return above.some(
    ({ type, joinType, strategy }) =>
      type === "Limit" ||
      type === "Merge Join" ||
      (type === "Nested Loop" && (joinType === "Semi" || joinType === "Anti")) ||
      (type === "Unique" && strategy === null),
  );
}

function stepsBelow({ node, plan }: PlanStep): PlanStep[] {
  return stepsOf(plan).filter(({ above }) => above.includes(node));
}

/** The node or one that rests on it takes a part of the time. */
function mattersTo(step: PlanStep): boolean {
  return [step, ...stepsOf(step.plan).filter(({ node }) => step.above.includes(node))].some((one) => isHot(one, LEAST_SHARE));
}
