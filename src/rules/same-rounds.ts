/** What stays the same from round to round of a loop: values, and whole queries. */
import type { Attribute, ChainCall, Expr, QueryRun, RuleInput, Write } from "../model/index.ts";
import { nodesIn, type SyntaxNode } from "../python/syntax-tree.ts";
import { keywordLookups } from "./chains.ts";
import { changedNames, exprAt, namesIn } from "./code.ts";
import type { LoopSite } from "./loops.ts";
import { isWithin } from "./runs.ts";

export interface Round {
  readonly run: QueryRun;
  readonly loop: NonNullable<QueryRun["loop"]>;
  readonly site: LoopSite;
}

type Given = Pick<ChainCall, "args" | "keywords">;

/** Constants and settings are the same in each round; behind a call, all else may differ. */
export function varies(value: Expr, { run, site }: Round): boolean {
  const nodes = nodesIn(value);
  const holders = new Set<SyntaxNode>(nodes.flatMap((node) => (isConstantOf(node) ? [node.object] : [])));
  const read = new Set(nodes.flatMap((node) => (node.kind === "name" && !holders.has(node) ? [node.name] : [])));
  const names = [...namesIn(value)].filter((name) => read.has(name) && !/^[A-Z]/.test(name) && name !== "settings");
  if (run.calls.length > 0 || site.loop === null) return names.length > 0;
  const changed = changedNames(site.loop);
  return names.some((name) => changed.has(name));
}

/** `models` of `models.F("stock")`, `self` of `self.OPEN`. */
function isConstantOf(node: SyntaxNode): node is Attribute {
  return node.kind === "attribute" && node.object.kind === "name" && /^[A-Z]/.test(node.name);
}

/** Nothing that the query is given differs, and no round writes what decides it: one answer serves all of them. */
export function asksTheSame(round: Round, input: RuleInput): boolean {
  const { run, loop, site } = round;
  const born = exprAt(input, run.origin.span);
  if (run.origin.kind !== "manager" || run.sliced || born === null || varies(born, round) || hasUnknownInput(born)) return false;
  const given = givenTo(run, input).flatMap(({ args, keywords }) => [...args, ...keywords.map(({ value }) => value)]);
  if (given.some((value) => varies(value, round) || hasUnknownInput(value))) return false;
  const whole = { file: loop.span.file, start: site.loop?.start ?? loop.span.start, end: site.loop?.end ?? loop.span.end };
  return !isChangedWithin(whole, run, input);
}

/** A call other than the queryset's own methods can give another answer each time: `timezone.now()`, `random()`. */
export function hasUnknownInput(expr: Expr): boolean {
  const own = new Set<Expr>();
  for (let at = expr; at.kind === "attribute" || at.kind === "call"; at = at.kind === "call" ? at.callee : at.object) own.add(at);
  return [...nodesIn(expr)].some(
    (node) => (node.kind === "call" && (node.callee.kind === "name" || !own.has(node))) || node.kind === "lambda" || node.kind === "await",
  );
}

/** A write in that stretch of code, or behind a call there, may change what the query finds. */
export function isChangedWithin(stretch: QueryRun["span"], run: QueryRun, input: RuleInput): boolean {
  const isAlone = !run.narrowed || looksAtOwnColumns(run, input);
  return input.facts.writes.some((write) => canChange(write, run, isAlone) && [write.span, ...write.calls].some((at) => isWithin(at, stretch)));
}

/** Rows of other models decide a query that looks at them, and take rows with them when they go. */
function canChange({ model, how }: Write, run: QueryRun, isAlone: boolean): boolean {
  return !isAlone || model === null || model === run.model || how.includes("delete");
}

/** `get(pk=…)`, `filter(name=…)`: every condition compares a column of the rows themselves. */
function looksAtOwnColumns(run: QueryRun, input: RuleInput): boolean {
  const model = input.graph.byLabel(run.model);
  if (model === null || run.origin.kind !== "manager") return false;
  return givenTo(run, input).every(
    (call) =>
      call.args.every((arg, at) => at === 0 && isModelName(arg)) &&
      call.keywords.every(({ name }) => name !== "") &&
      keywordLookups(input, model, call).every(({ fields, rest, many }) => fields.length === 1 && many === "" && !rest.includes("in")),
  );
}

/** The calls of the queryset, the one that runs it among them. */
function givenTo({ origin, span }: QueryRun, input: RuleInput): readonly Given[] {
  const last = exprAt(input, span);
  return last?.kind === "call" ? [...origin.calls, last] : origin.calls;
}

export function isModelName(expr: Expr): boolean {
  return expr.kind === "name" && /^[A-Z]/.test(expr.name);
}
