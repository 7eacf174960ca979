/** Functions that a transaction calls, directly or through others, as far as names tell whose they are. */
import type { Call, ClassInfo, FunctionDef, Program, PythonModule, Span, Stmt } from "../../model/index.ts";
import { blocksOf } from "../../python/inner-blocks.ts";
import type { AtomicRegions } from "./atomic-regions.ts";
import { callsIn } from "./calls-in.ts";

interface Holder {
  readonly module: PythonModule;
  readonly cls: ClassInfo | null;
  readonly def: FunctionDef;
}

/** Names the innermost function around a place; null outside of functions. */
export function functionFinder(program: Program): (span: Span) => string | null {
  const byFile = new Map<string, readonly FunctionDef[]>();
  for (const module of projectModules(program))
    byFile.set(
      module.ir.file,
      holdersIn(module, module.ir.body, null).map(({ def }) => def),
    );
  return ({ file, start }) => {
    const around = (byFile.get(file) ?? []).filter((def) => def.start <= start && start < def.end).toSorted((a, b) => b.start - a.start)[0];
    return around === undefined ? null : keyOf(file, around);
  };
}

const projectModules = (program: Program): readonly PythonModule[] =>
  [...program.modules.values()].filter(({ origin, ir }) => origin === "project" && ir.language === "python");

/** The call inside `atomic` that leads to the function around a place; null where none is known. */
export function reachedFrom(program: Program, regions: AtomicRegions): (span: Span) => Span | null {
  const holders = projectModules(program).flatMap((module) => holdersIn(module, module.ir.body, null));
  const byKey = new Map(holders.map((one) => [keyOf(one.module.ir.file, one.def), one]));
  const calls = new Map(holders.map((one) => [one, callsIn(one.def.body)]));
  const reached = new Map<Holder, Span>();
  const queue: { readonly to: Holder; readonly from: Span }[] = [];
  const follow = (holder: Holder, call: Call, from: Span): void => {
    const to = byKey.get(calledBy(program, holder, call) ?? "");
    if (to !== undefined) queue.push({ to, from });
  };
  for (const [holder, own] of calls) {
    for (const call of own) {
      const span = { file: holder.module.ir.file, start: call.start, end: call.end };
      if (regions.atomicAt(span) !== null && !isLater(call)) follow(holder, call, span);
    }
  }
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { to, from } = next;
    if (reached.has(to)) continue;
    reached.set(to, from);
    for (const call of calls.get(to) ?? []) follow(to, call, from);
  }
  const byFile = groupByFile(reached);
  return ({ file, start }) =>
    (byFile.get(file) ?? [])
      .filter(({ holder: { def } }) => def.start <= start && start < def.end)
      .toSorted((a, b) => b.holder.def.start - a.holder.def.start)[0]?.from ?? null;
}

interface Reached {
  readonly holder: Holder;
  readonly from: Span;
}

function groupByFile(reached: ReadonlyMap<Holder, Span>): ReadonlyMap<string, readonly Reached[]> {
  const files = new Map<string, Reached[]>();
  for (const [holder, from] of reached) {
    const { file } = holder.module.ir;
    files.set(file, [...(files.get(file) ?? []), { holder, from }]);
  }
  return files;
}

/** What is handed to `on_commit` and to a queue runs when the transaction is over. */
const LATER: ReadonlySet<string> = new Set(["on_commit", "delay", "apply_async", "send_task"]);

const isLater = ({ callee }: Call): boolean => (callee.kind === "attribute" || callee.kind === "name") && LATER.has(callee.name);

function holdersIn(module: PythonModule, body: readonly Stmt[], cls: ClassInfo | null): Holder[] {
  return body.flatMap((stmt): Holder[] => {
    if (stmt.kind === "function") return [{ module, cls, def: stmt }, ...holdersIn(module, stmt.body, cls)];
    if (stmt.kind === "class") return holdersIn(module, stmt.body, module.classes.get(stmt.name) ?? null);
    return blocksOf(stmt).flatMap((block) => holdersIn(module, block, cls));
  });
}

const keyOf = (file: string, { start }: FunctionDef): string => `${file}:${start}`;

/** `helper()`, `services.helper()`, `self.helper()`. */
function calledBy(program: Program, { module, cls }: Holder, { callee }: Call): string | null {
  if (callee.kind === "name") {
    const symbol = program.resolve(module, callee.name);
    return symbol?.kind === "function" ? keyOf(symbol.module.ir.file, symbol.def) : null;
  }
  if (callee.kind !== "attribute" || callee.object.kind !== "name") return null;
  if (cls !== null && (callee.object.name === "self" || callee.object.name === "cls")) {
    const member = program.member(cls, callee.name);
    return member?.definition.kind === "function" ? keyOf(member.owner.module.ir.file, member.definition.def) : null;
  }
  const object = program.resolve(module, callee.object.name);
  if (object?.kind === "class") {
    const member = program.member(object.cls, callee.name);
    return member?.definition.kind === "function" ? keyOf(member.owner.module.ir.file, member.definition.def) : null;
  }
  const symbol = object?.kind === "module" ? program.resolve(object.module, callee.name) : null;
  return symbol?.kind === "function" ? keyOf(symbol.module.ir.file, symbol.def) : null;
}
