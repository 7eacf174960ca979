/** Data that came with the code: a file whose path the source writes out. */
import type { Expr, LoopFact, RuleInput } from "../model/index.ts";
import { moduleOf, nodesIn, type SyntaxNode } from "../python/syntax-tree.ts";
import { functionAt } from "./code.ts";
import type { LoopSite } from "./loops.ts";

/** `for row in csv.reader(open("countries.csv")):` has the rounds that its author wrote, and is run again when the file has changed. */
export function isOverOwnFile({ iterable, path }: LoopSite, { over, span }: LoopFact, { program }: RuleInput): boolean {
  if (iterable === null || over !== "unknown") return false;
  const top = (moduleOf(program, span.file)?.ir.body ?? []).filter(({ kind }) => kind !== "function" && kind !== "class");
  const own = functionAt(path);
  return comesFromFile(iterable, bindingsIn(own === null ? top : [...top, own]), new Set());
}

type Bindings = ReadonlyMap<string, readonly Expr[]>;

/** What names are given: by an assignment, by `with … as name`, by a loop. */
function bindingsIn(nodes: readonly SyntaxNode[]): Bindings {
  const found = new Map<string, Expr[]>();
  const bind = (target: Expr | null, value: Expr | null): void => {
    if (target?.kind === "sequence") for (const item of target.items) bind(item, value);
    else if (target?.kind === "name" && value !== null) found.set(target.name, [...(found.get(target.name) ?? []), value]);
  };
  for (const node of nodes.flatMap((one) => [...nodesIn(one)])) {
    if (node.kind === "assign") for (const target of node.targets) bind(target, node.value);
    else if (node.kind === "with") for (const { target, context } of node.items) bind(target, context);
    else if (node.kind === "for") bind(node.target, node.iterable);
  }
  return found;
}

function comesFromFile(expr: Expr, bindings: Bindings, seen: Set<string>): boolean {
  return [...nodesIn(expr)].some((node) => opensOwnFile(node, bindings) || (node.kind === "name" && comesByName(node.name, bindings, seen)));
}

function comesByName(name: string, bindings: Bindings, seen: Set<string>): boolean {
  if (seen.has(name)) return false;
  seen.add(name);
  return (bindings.get(name) ?? []).some((value) => comesFromFile(value, bindings, seen));
}

const OPENS: ReadonlySet<string> = new Set(["open", "read_text", "read_bytes"]);

/** `open("data.json")`, `Path("data.json").read_text()`. */
function opensOwnFile(node: SyntaxNode, bindings: Bindings): boolean {
  if (node.kind !== "call" || (node.callee.kind !== "name" && node.callee.kind !== "attribute") || !OPENS.has(node.callee.name)) return false;
  const named = node.callee.kind === "attribute" ? node.callee.object : node.args[0];
  return named !== undefined && isOwnPath(named, bindings, new Set());
}

/** What paths are put together with. */
const OF_PATHS: ReadonlySet<string> = new Set(["os", "pathlib", "Path", "settings", "str", "__file__"]);

/** `os.path.join(BASE_DIR, "data.json")`: texts and constants, and nothing that whoever runs the code hands in. */
function isOwnPath(expr: Expr, bindings: Bindings, seen: Set<string>): boolean {
  const nodes = [...nodesIn(expr)];
  if (nodes.some((node) => node.kind === "str" && node.value.startsWith("/") && nodes.length === 1)) return false;
  return nodes.every((node) => node.kind !== "name" || isPathName(node.name, bindings, seen));
}

function isPathName(name: string, bindings: Bindings, seen: Set<string>): boolean {
  if (OF_PATHS.has(name) || /^[A-Z][A-Z_0-9]+$/.test(name)) return true;
  if (seen.has(name)) return false;
  seen.add(name);
  const values = bindings.get(name) ?? [];
  return values.length > 0 && values.every((value) => isOwnPath(value, bindings, seen));
}
