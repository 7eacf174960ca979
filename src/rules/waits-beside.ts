/** Rounds that wait for something outside the process: beside that, a query of theirs weighs next to nothing. */
import type { Expr, OutsideCallFact, RuleInput, Span } from "../model/index.ts";
import { blocksOf } from "../python/inner-blocks.ts";
import { isStatement, nodesIn, pathTo, type SyntaxNode } from "../python/syntax-tree.ts";
import { isInside, isSameSpan, isWithin } from "../model/span.ts";
import { functionAt } from "./code.ts";
import type { LoopSite } from "./loops.ts";

/** What every round that sends the query waits for as well; null where none does. `places` lead from the loop's text to the query. */
export function waitsBeside({ loop, path }: Pick<LoopSite, "loop" | "path">, places: readonly Span[], input: RuleInput): OutsideCallFact | null {
  const [first] = places;
  if (loop === null || first === undefined || !path.includes(loop)) return null;
  const round = { file: first.file, start: loop.start, end: loop.end };
  const isMet = ({ trail, span }: OutsideCallFact): boolean => {
    const way = [...trail, span];
    const from = way.findIndex((at) => isWithin(at, round));
    return from >= 0 && isMetWith(way.slice(from), places, loop, input);
  };
  return input.facts.outsideCalls?.find(isMet) ?? null;
}

/** A round sleeps, now and then at least: what all rounds do is spread over time on purpose. */
export function isPaced({ loop }: Pick<LoopSite, "loop">, { file }: Pick<Span, "file">, { facts }: RuleInput): boolean {
  if (loop === null) return false;
  const round = { file, start: loop.start, end: loop.end };
  return facts.outsideCalls?.some(({ kind, trail, span }) => kind === "sleep" && [...trail, span].some((at) => isWithin(at, round))) === true;
}

export function waitDoubt({ target }: OutsideCallFact): string {
  return `each round waits for \`${target}\`, beside which a query weighs little`;
}

/** The way out leaves the query's way in some function; from there on nothing but what the query needed as well decides whether it is gone. */
function isMetWith(way: readonly Span[], places: readonly Span[], loop: SyntaxNode, input: RuleInput): boolean {
  const parts = way.findIndex((at, index) => places[index] === undefined || !isSameSpan(at, places[index]));
  const apart = way[parts];
  const query = places[parts];
  if (apart === undefined || query === undefined || apart.file !== query.file) return false;
  const holder = parts === 0 ? loop : functionAt(pathTo(input.program, query));
  if (holder === null || !isReached(apart, holder, query, input)) return false;
  return way.slice(parts + 1).every((at) => {
    const def = functionAt(pathTo(input.program, at));
    return def !== null && isReached(at, def, null, input);
  });
}

/** Whoever comes to the query, or where there is none into `holder`, comes to the place too. */
function isReached(at: Span, holder: SyntaxNode, query: Span | null, { program }: RuleInput): boolean {
  const path = pathTo(program, at);
  const within = path.slice(path.indexOf(holder) + 1);
  const isShared = (part: SyntaxNode | readonly SyntaxNode[] | null): boolean => {
    const parts: readonly SyntaxNode[] = part === null ? [] : "kind" in part ? [part] : part;
    return query !== null && parts.some((one) => isInside(query, one));
  };
  if (!path.includes(holder) || within.some((node) => !isShared(armOf(node, at)) && isChoice(node, at) && !isSameForAll(node, holder))) return false;
  const from = query?.end ?? holder.start;
  const nodes = [...nodesIn(holder)];
  const settled = nodes.filter((node) => node.kind === "if" && isSetting(node.test));
  return !nodes.some((node) => leaves(node) && from <= node.start && node.end <= at.start && !settled.some((choice) => isInside(node, choice)));
}

function leaves(node: SyntaxNode): boolean {
  return node.kind === "return" || (node.kind === "jump" && node.type !== "pass");
}

/** The part of a node that holds the place. */
function armOf(node: SyntaxNode, at: Span): SyntaxNode | readonly SyntaxNode[] | null {
  if (isStatement(node)) return blocksOf(node).find((block) => block.some((one) => isInside(at, one))) ?? null;
  if (node.kind === "conditional") return [node.then, node.otherwise].find((one) => isInside(at, one)) ?? null;
  return null;
}

/**
 * `match order: case Order(): …` of what the function is given: rows of one loop are of one class, and all of them take the same way. So they do where a
 * setting is asked.
 */
function isSameForAll(node: SyntaxNode, holder: SyntaxNode): boolean {
  if (node.kind === "if" && isSetting(node.test)) return true;
  if (holder.kind !== "function") return false;
  const isGiven = (expr: Expr | undefined): boolean => expr?.kind === "name" && holder.params.some(({ name }) => name === expr.name);
  if (node.kind === "match") return isGiven(node.subject) && node.cases.every(({ values, guard }) => guard === null && values.every(isClassName));
  if (node.kind !== "if" || node.test.kind !== "call" || node.test.callee.kind !== "name") return false;
  return node.test.callee.name === "isinstance" && isGiven(node.test.args[0]);
}

/** `settings.USE_SANDBOX`, or what is not set. */
function isSetting(test: Expr): boolean {
  if (test.kind === "not") return isSetting(test.operand);
  return test.kind === "attribute" && test.object.kind === "name" && test.object.name === "settings";
}

function isClassName(expr: Expr): boolean {
  return (expr.kind === "name" || expr.kind === "attribute") && /^[A-Z]\w*[a-z]/.test(expr.name);
}

/** Not every way through the node comes to the place. */
function isChoice(node: SyntaxNode, at: Span): boolean {
  switch (node.kind) {
    case "if":
    case "while":
    case "conditional":
      return !isInside(at, node.test);
    case "for":
      return !isInside(at, node.iterable);
    case "try":
      return node.handlers.some((one) => isInside(at, one));
    case "bool":
      return node.items[0] === undefined || !isInside(at, node.items[0]);
    case "match":
      return !isInside(at, node.subject);
    case "comprehension":
    case "lambda":
      return true;
    default:
      return false;
  }
}
