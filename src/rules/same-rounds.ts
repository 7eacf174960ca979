/** What stays the same from round to round of a loop: values, and whole queries. */
import type { Attribute, ChainCall, Expr, QueryRun, RuleInput, Write } from "../model/index.ts";
import { nodesIn, pathTo, type SyntaxNode } from "../python/syntax-tree.ts";
import { keywordLookups } from "./chains.ts";
import { callAt, changedNames, exprAt, functionAt, namesIn } from "./code.ts";
import type { LoopSite } from "./loops.ts";
import { isWithin } from "./runs.ts";

export interface Round {
  readonly run: QueryRun;
  readonly loop: NonNullable<QueryRun["loop"]>;
  readonly site: LoopSite;
}

type Given = Pick<ChainCall, "args" | "keywords">;

/** Constants and settings are the same in each round; behind a call, all may differ but what the loop hands over by a name that it leaves alone. */
export function varies(value: Expr, round: Round, input: RuleInput): boolean {
  const { run, site } = round;
  const nodes = nodesIn(value);
  const holders = new Set<SyntaxNode>(nodes.flatMap((node) => (isConstantOf(node) ? [node.object] : [])));
  const read = new Set(nodes.flatMap((node) => (node.kind === "name" && !holders.has(node) ? [node.name] : [])));
  const names = [...namesIn(value)].filter((name) => read.has(name) && !/^[A-Z]/.test(name) && name !== "settings");
  if (site.loop === null || names.length === 0) return names.length > 0;
  const changed = changedNames(site.loop);
  const isSame = (name: string): boolean => !changed.has(name);
  return !names.every(run.calls.length === 0 ? isSame : (name) => handedOver(name, run, input).some(isSame));
}

/** The loop's name for what its call of a function hands over as this parameter: none or one. */
function handedOver(name: string, { span, calls }: QueryRun, input: RuleInput): readonly string[] {
  const [at, ...more] = calls;
  const holder = functionAt(pathTo(input.program, span));
  const call = at === undefined || more.length > 0 ? null : callAt(input, at);
  if (call?.callee.kind !== "name" || holder?.kind !== "function" || holder.name !== call.callee.name) return [];
  if (call.args.some(({ kind }) => kind === "star") || holder.body.some((stmt) => changedNames(stmt).has(name))) return [];
  const position = holder.params.findIndex((param) => param.name === name && param.form === "positional");
  const arg = call.keywords.find((keyword) => keyword.name === name)?.value ?? call.args[position];
  return arg?.kind === "name" ? [arg.name] : [];
}

/** `models` of `models.F("stock")`, `self` of `self.OPEN`. */
function isConstantOf(node: SyntaxNode): node is Attribute {
  return node.kind === "attribute" && node.object.kind === "name" && /^[A-Z]/.test(node.name);
}

/** Nothing that the query is given differs, and no round writes what decides it: one answer serves all of them. */
export function asksTheSame(round: Round, input: RuleInput): boolean {
  const { run, loop, site } = round;
  const born = exprAt(input, run.origin.span);
  if (run.origin.kind !== "manager" || run.sliced || born === null || varies(born, round, input) || hasUnknownInput(born)) return false;
  const given = givenTo(run, input).flatMap(({ args, keywords }) => [...args, ...keywords.map(({ value }) => value)]);
  if (given.some((value) => varies(value, round, input) || hasUnknownInput(value))) return false;
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
