/** The project's own decorators, which may keep what they decorate: `@exports.register`, `@handles("paid")`. */
import type { ClassDef, Definition, Expr, PythonModule } from "../model/index.ts";
import type { CallSite, Engine } from "./engine.ts";
import { functionValue, NO_ARGS, type Value } from "./values.ts";

/** Calls them once, before what asks for what was kept. */
export function runDecorators(engine: Engine, modules: readonly PythonModule[], fuel: number): void {
  for (const module of modules) {
    for (const definition of [...module.scope.values()].flat()) {
      const decorated = decoratedValue(module, definition);
      if (decorated === null) continue;
      for (const decorator of decorated.decorators.toReversed()) {
        engine.fuel = fuel;
        callDecorator(engine, module, decorator, decorated);
      }
    }
  }
}

interface Decorated {
  readonly value: Value;
  readonly decorators: readonly Expr[];
  readonly start: number;
  readonly end: number;
}

function decoratedValue(module: PythonModule, definition: Definition): Decorated | null {
  if (definition.kind === "class") return withDecorators({ kind: "class", cls: definition.cls }, definition.cls.def);
  return definition.kind === "function" ? withDecorators(functionValue(module, definition.def), definition.def) : null;
}

function withDecorators(value: Value, { decorators, start, headEnd }: Pick<ClassDef, "decorators" | "start" | "headEnd">): Decorated | null {
  return decorators.length === 0 ? null : { value, decorators, start, end: headEnd };
}

function callDecorator(engine: Engine, module: PythonModule, decorator: Expr, { value, start, end }: Decorated): void {
  const name = firstName(decorator);
  if (name === null || !isOfProject(engine, module, name)) return;
  const frame = engine.moduleFrame(module);
  const site: CallSite = { span: { file: module.ir.file, start, end }, frame, expr: null };
  const made = engine.evaluate(decorator, frame);
  const fn = made.kind === "bound" ? made.fn : made;
  const isOwn = fn.kind === "function" ? fn.module.origin === "project" : fn.kind === "object" && fn.cls.module.origin === "project";
  if (isOwn) engine.call(made, { ...NO_ARGS, positional: [value] }, site);
}

/** `exports` of `@exports.register("csv")`. */
function firstName(decorator: Expr): string | null {
  let at = decorator;
  while (at.kind === "call" || at.kind === "attribute") at = at.kind === "call" ? at.callee : at.object;
  return at.kind === "name" ? at.name : null;
}

function isOfProject({ program }: Engine, module: PythonModule, name: string): boolean {
  const symbol = program.resolve(module, name);
  if (symbol === null || symbol.kind === "external") return false;
  return (symbol.kind === "class" ? symbol.cls.module : symbol.module).origin === "project";
}
