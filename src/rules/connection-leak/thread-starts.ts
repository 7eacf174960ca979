/** Places at which the project's code starts a thread, and the function that runs in it. */
import { isCommandFile } from "../command-files.ts";
import type { Expr, FunctionDef, Program, PythonModule, RuleInput, Span, Stmt, Symbol } from "../../model/index.ts";
import { childrenOf } from "../../python/syntax-tree.ts";

export interface ThreadStart {
  /** The call that starts it. */
  readonly span: Span;
  readonly module: PythonModule;
  readonly target: FunctionDef;
  /** Dotted name of the function around the call. */
  readonly symbol: string;
  /** Its thread is one of a pool that lives as long as the process. */
  readonly lasts: boolean;
}

type Node = Expr | Stmt;
type Call = Extract<Expr, { readonly kind: "call" }>;

const EXECUTOR = /(?:^|\.)ThreadPoolExecutor$|(?:^|\.)ThreadPool$/;
const THREAD = /^(?:threading\.)(?:Thread|Timer)$/;
const POOL_METHODS: ReadonlySet<string> = new Set(["submit", "map", "apply_async", "map_async", "imap", "imap_unordered", "starmap"]);

/** A command's threads end with its process. */
export function threadStarts({ program }: RuleInput): ThreadStart[] {
  return [...program.modules.values()]
    .filter((module) => module.origin === "project" && !isCommandFile(module.ir.file) && mentionsThreads(module))
    .flatMap((module) => startsIn(program, module));
}

/** Cheap question first: nothing else of the module is looked at. */
function mentionsThreads(module: PythonModule): boolean {
  return [...module.scope.values()].flat().some((one) => one.kind === "import" && /^(?:threading|concurrent|multiprocessing|asgiref)\b/.test(one.module));
}

interface Walk {
  readonly program: Program;
  readonly module: PythonModule;
  /** Variables that hold a pool of threads, with whether it outlives the function. */
  readonly pools: Map<string, boolean>;
  readonly found: ThreadStart[];
}

function startsIn(program: Program, module: PythonModule): ThreadStart[] {
  const walk: Walk = { program, module, pools: new Map(), found: [] };
  visit(walk, module.ir.body, [], true);
  return walk.found;
}

function visit(walk: Walk, nodes: readonly Node[], holder: readonly string[], isModule: boolean): void {
  for (const node of nodes) {
    if (node.kind === "assign" && node.value !== null && isExecutor(walk, node.value))
      for (const target of node.targets) walk.pools.set(nameOf(target), isModule || target.kind === "attribute");
    if (node.kind === "with")
      for (const { context, target } of node.items) if (target !== null && isExecutor(walk, context)) walk.pools.set(nameOf(target), false);
    if (node.kind === "call") visitCall(walk, node, holder);
    const isNamed = node.kind === "function" || node.kind === "class";
    visit(walk, childrenOf(node), isNamed ? [...holder, node.name] : holder, isModule && node.kind !== "function");
  }
}

function isExecutor({ program, module }: Walk, expr: Expr): boolean {
  return expr.kind === "call" && EXECUTOR.test(dottedOf(program, module, expr.callee));
}

function visitCall(walk: Walk, call: Call, holder: readonly string[]): void {
  const started = startedBy(walk, call);
  if (started === null) return;
  const symbol = functionOf(walk, started.target, holder);
  if (symbol === null) return;
  walk.found.push({
    span: { file: walk.module.ir.file, start: call.start, end: call.end },
    module: symbol.module,
    target: symbol.def,
    symbol: [walk.module.name, ...holder].join("."),
    lasts: started.lasts,
  });
}

/** The expression that the thread runs. */
function startedBy({ program, module, pools }: Walk, call: Call): { readonly target: Expr; readonly lasts: boolean } | null {
  const dotted = dottedOf(program, module, call.callee);
  const [first, second] = call.args;
  const keyword = (name: string): Expr | undefined => call.keywords.find((one) => one.name === name)?.value;
  if (THREAD.test(dotted)) {
    const target = keyword("target") ?? keyword("function") ?? (dotted.endsWith("Timer") ? second : undefined);
    return target === undefined ? null : { target, lasts: false };
  }
  if (/(?:^|\.)sync_to_async$/.test(dotted)) {
    const sensitive = keyword("thread_sensitive");
    return first !== undefined && sensitive?.kind === "constant" && sensitive.value === "false" ? { target: first, lasts: true } : null;
  }
  if (call.callee.kind !== "attribute" || !POOL_METHODS.has(call.callee.name) || first === undefined) return null;
  const lasts = pools.get(nameOf(call.callee.object));
  return lasts === undefined ? null : { target: first, lasts };
}

/** `POOL`, `self.pool`. */
function nameOf(expr: Expr): string {
  if (expr.kind === "name") return expr.name;
  return expr.kind === "attribute" ? `${nameOf(expr.object)}.${expr.name}` : "";
}

/** A function of a module, or a method of the class around the call. */
function functionOf({ program, module }: Walk, target: Expr, holder: readonly string[]): Extract<Symbol, { readonly kind: "function" }> | null {
  if (target.kind === "attribute" && target.object.kind === "name" && target.object.name === "self") {
    const cls = program.classes.find((one) => one.module === module && one.name === holder.at(-2));
    const member = cls === undefined ? null : program.member(cls, target.name);
    return member?.definition.kind === "function" ? { kind: "function", module: member.owner.module, def: member.definition.def } : null;
  }
  const symbol = target.kind === "name" ? (program.resolve(module, target.name) ?? null) : program.resolveDotted(dottedOf(program, module, target));
  return symbol?.kind === "function" && symbol.module.origin === "project" ? symbol : null;
}

/** The dotted name as imports make it; empty where it is none. */
function dottedOf(program: Program, module: PythonModule, expr: Expr): string {
  if (expr.kind === "attribute") {
    const object = dottedOf(program, module, expr.object);
    return object === "" ? "" : `${object}.${expr.name}`;
  }
  if (expr.kind !== "name") return "";
  const symbol = program.resolve(module, expr.name);
  if (symbol?.kind === "external") return symbol.name;
  if (symbol?.kind === "module") return symbol.module.name;
  return symbol?.kind === "class" ? symbol.cls.id : symbol === null ? expr.name : "";
}
