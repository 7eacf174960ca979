/**
 * Functions whose parameters nothing types, run once more with rows that their names and what is read of them point to: `def discount(order)`.
 * Those that nothing is seen to call are judged by that; what the others send is looked up by statements that were seen, and no finding rests on it.
 */
import type { Attribute, ClassInfo, FunctionDef, Model, Param, PythonModule, Stmt } from "../model/index.ts";
import { forgetRoot, methodKind } from "./calls.ts";
import type { CallArgs, CallSite, Engine } from "./engine.ts";
import { hasFallback } from "./fallbacks.ts";
import type { Frame } from "./frame.ts";
import { parameterRow, unknownRow } from "./protocols.ts";
import { runUnfinished } from "./roots.ts";
import { functionValue, listOf, NO_ARGS, object, UNKNOWN, type Value } from "./values.ts";

const FUEL = 50_000;

/** Those of the project that no call was found of. */
export function runUncalled(engine: Engine): void {
  runGuessed(engine, (def) => !engine.called.has(def));
}

export function runGuessedRoots(engine: Engine): void {
  runUnfinished(engine);
  engine.isTracing = true;
  runGuessed(engine, () => true);
}

function runGuessed(engine: Engine, isMeant: (def: FunctionDef) => boolean): void {
  const guess = guesser(engine);
  const run = (module: PythonModule, def: FunctionDef, owner: ClassInfo | null): void => {
    if (isMeant(def)) runOne(engine, module, def, owner, guess);
  };
  for (const module of engine.program.modules.values()) {
    if (module.origin !== "project") continue;
    for (const definitions of module.scope.values()) {
      for (const one of definitions) {
        if (one.kind === "function") run(module, one.def, null);
        if (one.kind === "class") for (const method of methodsOf(one.cls)) run(one.cls.module, method, one.cls);
      }
    }
  }
}

type Guess = (param: Param, def: FunctionDef, frame: Frame) => Value | null;

function methodsOf(cls: ClassInfo): FunctionDef[] {
  return [...cls.members.values()].flatMap((definitions) => definitions.flatMap((one) => (one.kind === "function" ? [one.def] : [])));
}

function runOne(engine: Engine, module: PythonModule, def: FunctionDef, owner: ClassInfo | null, guess: Guess): void {
  const kind = methodKind(def);
  const hasSelf = owner !== null && kind !== "static";
  const params = def.params.filter((one) => one.form === "positional").slice(hasSelf ? 1 : 0);
  const frame = { ...engine.moduleFrame(module), symbol: owner?.id ?? module.name, atImport: false };
  const values = params.map((one) => (one.annotation === null ? guess(one, def, frame) : null));
  if (values.every((one) => one === null) && !(engine.isTracing && hasFallback(def))) return;
  engine.fuel = FUEL;
  const site: CallSite = { span: { file: module.ir.file, start: def.start, end: def.headEnd }, frame, expr: null };
  const fn = functionValue(module, def, owner);
  engine.callFunction(fn, hasSelf ? selfOf(engine, owner, kind) : null, guessedArgs(engine, params, values, site), site);
  forgetRoot(engine);
}

function selfOf(engine: Engine, owner: ClassInfo, kind: ReturnType<typeof methodKind>): Value {
  if (kind === "class") return { kind: "class", cls: owner };
  const model = engine.graph.ofClass(owner);
  return model === null || model.isAbstract ? object(owner, null, null) : unknownRow(engine, model.label);
}

/** Names that tests and adapters give a request as well. */
function guessedArgs(engine: Engine, params: readonly Param[], values: readonly (Value | null)[], site: CallSite): CallArgs {
  const request = engine.hooks.get("luthier.request");
  const positional = params.map((one, index) => values[index] ?? (one.name === "request" && request !== undefined ? request(NO_ARGS, site) : UNKNOWN));
  return { positional, keywords: new Map(), open: true };
}

/** A parameter named like a model is one of its rows, if all that is read of it is the model's. */
function guesser(engine: Engine): Guess {
  const byName = new Map<string, Model[]>();
  for (const model of engine.graph.models.values()) {
    if (model.isAbstract || model.cls.module.origin !== "project") continue;
    const name = snakeCase(model.name);
    byName.set(name, [...(byName.get(name) ?? []), model]);
  }
  return (param, def, { file, symbol }) => {
    const read = namesReadOf(param.name, def.body);
    const span = { file, start: def.start, end: def.headEnd };
    const single = modelNamed(engine, byName, param.name, read);
    if (single !== null) return parameterRow(engine, single, span, symbol);
    const several = modelNamed(engine, byName, singular(param.name), new Set());
    return several === null || read.size > 0 ? null : listOf(parameterRow(engine, several, span, symbol));
  };
}

function modelNamed(engine: Engine, byName: ReadonlyMap<string, readonly Model[]>, name: string, read: ReadonlySet<string>): Model | null {
  const parts = name.split("_");
  for (let from = 0; from < parts.length; from += 1) {
    const found = (byName.get(parts.slice(from).join("_")) ?? []).filter((model) => [...read].every((one) => hasAttribute(engine, model, one)));
    const [only] = found;
    if (found.length === 1 && only !== undefined) return only;
  }
  return null;
}

function hasAttribute(engine: Engine, model: Model, name: string): boolean {
  if (name === "pk" || name.startsWith("_") || name.startsWith("get_")) return true;
  if (model.fields.has(name) || [...model.fields.values()].some((one) => one.attname === name)) return true;
  return engine.program.member(model.cls, name) !== null;
}

function snakeCase(name: string): string {
  return name.replaceAll(/([a-z\d])([A-Z])/g, "$1_$2").toLowerCase();
}

function singular(name: string): string {
  if (name.endsWith("ies")) return `${name.slice(0, -3)}y`;
  return name.endsWith("s") ? name.slice(0, -1) : "";
}

function namesReadOf(name: string, body: readonly Stmt[]): ReadonlySet<string> {
  const read = new Set<string>();
  collectReads(body, name, read);
  return read;
}

/** The IR is plain data: every part of it is looked through. */
function collectReads(part: unknown, name: string, read: Set<string>): void {
  if (typeof part !== "object" || part === null) return;
  if (isReadOf(part, name)) read.add(part.name);
  for (const inner of Object.values(part)) collectReads(inner, name, read);
}

function isReadOf(part: object, name: string): part is Attribute {
  const expr = part as Partial<Attribute>;
  return expr.kind === "attribute" && expr.object?.kind === "name" && expr.object.name === name;
}
