/** What is loaded where the request asks for it, and read where the request asks for it. */
import type { ChainCall, Expr, LazyLoad, RuleInput, Span } from "../model/index.ts";
import { nodesIn, pathTo, type SyntaxNode } from "../python/syntax-tree.ts";
import { isInside } from "../model/span.ts";

/** A view that joins `customer` for `?include=customer`, and a serializer that shows it for the same word: on the way without it nobody reads it. */
export function isLoadedWhereAsked(load: LazyLoad, input: RuleInput): boolean {
  const eager = load.origin.calls.filter((call) => loads(call, load.path));
  if (eager.length === 0) return false;
  const read = new Set([...load.calls, load.access].flatMap((span) => wordsAsked(span, input)));
  return read.size > 0 && eager.some(({ file, dot, end }) => wordsAsked({ file, start: dot, end }, input).some((word) => read.has(word)));
}

function loads({ name, args }: ChainCall, path: string): boolean {
  if (name !== "select_related" && name !== "prefetch_related") return false;
  return args.some((arg) => arg.kind === "str" && (arg.value === path || arg.value.startsWith(`${path}__`)));
}

/** Texts in the conditions around a place that ask the request's query: `"customer" in request.GET["include"]`. */
function wordsAsked(span: Span, { program }: RuleInput): readonly string[] {
  const path = pathTo(program, span);
  const inside = path.slice(path.findLastIndex(({ kind }) => kind === "function"));
  const [def] = inside;
  const tests = inside.flatMap((node) => testAround(node, span));
  return tests.flatMap((test) => {
    const names = new Set(nodesIn(test).flatMap((node) => (node.kind === "name" ? [node.name] : [])));
    const given = def?.kind === "function" ? def.body.flatMap((stmt) => valuesOf(stmt, names)).filter(asksRequest) : [];
    return asksRequest(test) || given.length > 0 ? [test, ...given].flatMap(textsIn) : [];
  });
}

/** The test of an `if` where the place stands in what is done when it holds. */
function testAround(node: SyntaxNode, span: Span): readonly Expr[] {
  if (node.kind !== "if" && node.kind !== "conditional") return [];
  const then: readonly SyntaxNode[] = node.kind === "if" ? node.then : [node.then];
  return then.some((one) => isInside(span, one)) ? [node.test] : [];
}

/** What names are given in a function: `include = request.GET.get("include", "").split(",")`. */
function valuesOf(stmt: SyntaxNode, names: ReadonlySet<string>): readonly Expr[] {
  return nodesIn(stmt).flatMap((node) =>
    node.kind === "assign" && node.value !== null && node.targets.some((target) => target.kind === "name" && names.has(target.name)) ? [node.value] : [],
  );
}

function asksRequest(expr: Expr): boolean {
  return nodesIn(expr).some((node) => node.kind === "attribute" && (node.name === "query_params" || node.name === "GET"));
}

function textsIn(expr: Expr): readonly string[] {
  return nodesIn(expr).flatMap((node) => (node.kind === "str" && /\w/.test(node.value) ? [node.value] : []));
}
