import { distinctBy } from "../../model/group-by.ts";
import type { ChainCall, Expr, FindingDraft, FixDraft, Rule, RuleInput } from "../../model/index.ts";
import { distinctCounts } from "../../fixes/drop-load.ts";
import { calledName, chainsIn, lookupOf, type Chain } from "../chains.ts";

export const rule: Rule = {
  meta: {
    id: "multi-aggregate-join",
    chapter: "2.2",
    summary: "Two aggregates over different many-valued relations multiply each other's rows",
    severity: "error",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => {
    const found = chainsIn(input).flatMap((chain) => conflicts(chain, input).map((conflict) => toDraft(chain, conflict)));
    return distinctBy(found, (one) => JSON.stringify(one.places.at(-1)?.span));
  },
};

interface Aggregate {
  readonly name: string;
  readonly path: string;
  /** Its path up to the last many-valued step. */
  readonly many: string;
  readonly isDistinct: boolean;
  readonly expr: Expr;
  readonly call: ChainCall;
}

interface Conflict {
  /** All aggregates that other relations multiply. */
  readonly wrong: readonly Aggregate[];
  readonly inflated: Aggregate;
  readonly by: Aggregate;
}

const AGGREGATES: ReadonlySet<string> = new Set(["Count", "Sum", "Avg", "Max", "Min"]);

function conflicts(chain: Chain, input: RuleInput): Conflict[] {
  const joined = groups(chain).flatMap((calls) => {
    const all = calls.flatMap((call) => aggregatesOf(call, chain, input));
    for (const inflated of all) {
      if (isOnlyAskedForNone(inflated, chain)) continue;
      const by = all.find((other) => other !== inflated && multiplies(other, inflated));
      const wrong = all.filter((one) => all.some((other) => other !== one && multiplies(other, one)));
      if (by !== undefined) return [{ inflated, by, wrong }];
    }
    return [];
  });
  return joined;
}

/** Calls after which nobody sees what was counted. */
const UNSEEN: ReadonlySet<string> = new Set(["delete", "update", "exists", "count"]);

/** `.annotate(lines=Count("lines")).filter(lines=0).delete()`: none stays none, however often rows repeat. */
function isOnlyAskedForNone({ name, expr, call }: Aggregate, { calls }: Chain): boolean {
  const alias = call.keywords.find((one) => one.value === expr)?.name;
  if (name !== "Count" || alias === undefined || !UNSEEN.has(calls.at(-1)?.name ?? "")) return false;
  const tests = calls.flatMap((one) => (one === call ? [] : one.keywords)).filter((one) => one.name === alias || one.name.startsWith(`${alias}__`));
  return tests.length > 0 && tests.every((one) => one.value.kind === "num" && one.value.value === 0);
}

/** Annotations up to the next `values()`, which groups anew. */
function groups(chain: Chain): ChainCall[][] {
  const all: ChainCall[][] = [[]];
  for (const call of chain.calls) {
    if (call.name === "values" || call.name === "values_list") all.push([]);
    if (call.name === "annotate" || call.name === "aggregate") all.at(-1)?.push(call);
  }
  return all;
}

function aggregatesOf(call: ChainCall, chain: Chain, input: RuleInput): Aggregate[] {
  const exprs = [...call.args, ...call.keywords.map((one) => one.value)];
  return exprs.flatMap((expr) => {
    const name = calledName(expr);
    if (expr.kind !== "call" || name === null || !AGGREGATES.has(name)) return [];
    const [first] = expr.args;
    if (first?.kind !== "str") return [];
    const { many } = lookupOf(input, chain.model, first.value);
    const isDistinct = expr.keywords.some((one) => one.name === "distinct" && one.value.kind === "constant" && one.value.value === "true");
    return [{ name, path: first.value, many, isDistinct, expr, call }];
  });
}

/**
 * Rows of another many-valued relation repeat those that are counted or summed. The largest, the smallest and what is
 * distinct stay what they are; an average only changes when the rows repeat unevenly, below the ones it is taken of.
 */
function multiplies(other: Aggregate, inflated: Aggregate): boolean {
  if (inflated.isDistinct || inflated.name === "Max" || inflated.name === "Min" || other.many === "") return false;
  if (inflated.many === other.many || startsWith(inflated.many, other.many)) return false;
  const isBelow = startsWith(other.many, inflated.many);
  if (inflated.many === "") return isBelow && inflated.name === "Sum" && other.call === inflated.call;
  return isBelow || inflated.name !== "Avg";
}

function startsWith(path: string, prefix: string): boolean {
  return prefix === "" || path === prefix || path.startsWith(`${prefix}__`);
}

/** Counts of distinct rows are right beside any join; equal prices are two prices, so sums are not. */
function fixesFor({ wrong }: Conflict): FixDraft[] {
  if (wrong.some(({ name, expr }) => name !== "Count" || (expr.kind === "call" && expr.keywords.some((one) => one.name === "distinct" || one.name === ""))))
    return [];
  return [{ title: "Count each row once", safety: "review", edits: distinctCounts(wrong.map(({ call, expr }) => ({ file: call.file, end: expr.end }))) }];
}

function toDraft(chain: Chain, conflict: Conflict): FindingDraft {
  const { inflated, by } = conflict;
  return {
    key: [chain.origin.symbol, chain.origin.model, inflated.path, by.path],
    claim: `\`${inflated.name}("${inflated.path}")\` counts each row once per \`${by.many}\` row: the result is wrong.`,
    reason: `Both relations are joined, so every \`${inflated.many === "" ? chain.model.name : inflated.many}\` row repeats for every \`${by.many}\` row.`,
    remedy: inflated.name === "Count" ? "Give `Count` `distinct=True`, or count one relation in a `Subquery`." : "Take one of the two in a `Subquery`.",
    doubt: "it is right by chance while each row has at most one of the other relation",
    model: chain.origin.model,
    relation: inflated.many,
    places: [
      { role: "queryset", span: { file: inflated.call.file, start: chain.span.start, end: chain.span.end } },
      { role: "access", span: { file: by.call.file, start: by.expr.start, end: by.expr.end }, label: "repeats the rows" },
      { role: "access", span: { file: inflated.call.file, start: inflated.expr.start, end: inflated.expr.end }, label: "counts them again" },
    ],
    fixes: fixesFor(conflict),
  };
}
