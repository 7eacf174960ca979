/** Frames for code that runs outside any function. */
import type { ClassInfo, ExternalSymbol, PythonModule } from "../model/index.ts";
import type { Engine } from "./engine.ts";
import { newEnv, type Frame } from "./frame.ts";
import { functionValue } from "./values.ts";

export function moduleFrame(module: PythonModule, symbol: string = module.name): Frame {
  return {
    module,
    file: module.ir.file,
    env: newEnv(null),
    def: null,
    owner: null,
    self: null,
    depth: 0,
    caller: null,
    callSite: null,
    symbol,
    isAsync: false,
    atImport: true,
    language: "python",
    loop: null,
    branch: "",
    assumed: [],
    ways: 1,
    isGuarded: false,
    returns: [],
    yields: [],
    template: null,
  };
}

/** A class body sees its own names first: variables as they are where the statement at `before` stands. */
export function classFrame(engine: Engine, cls: ClassInfo, before = 0): Frame {
  const frame = engine.moduleFrame(cls.module);
  for (const [name, definitions] of cls.members) {
    const last = definitions.at(-1);
    if (last?.kind === "function") {
      const value = functionValue(cls.module, last.def, cls);
      frame.env.vars.set(name, { value, loop: 0 });
    }
    if (last?.kind === "class") frame.env.vars.set(name, { value: { kind: "class", cls: last.cls }, loop: 0 });
    if (last?.kind === "variable" && last.value?.kind === "str") {
      frame.env.vars.set(name, { value: { kind: "literal", value: last.value.value }, loop: 0 });
    }
  }
  return { ...frame, symbol: cls.id, body: { cls, before } };
}

/** A base class that was not read. */
export function isExternal(base: ClassInfo | ExternalSymbol): base is ExternalSymbol {
  return "kind" in base;
}
