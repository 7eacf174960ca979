/** `isinstance()`, as far as the classes of a value are known. */
import type { ClassInfo, Expr } from "../model/index.ts";
import type { Engine } from "./engine.ts";
import { lookUp, type Binding, type Frame } from "./frame.ts";
import { alternatives, joinAll, type RowValue, type Value } from "./values.ts";

/** What `if isinstance(name, …)` leaves of a name that can be several things, in its two branches. */
export interface Narrowing {
  readonly name: string;
  readonly then: Binding;
  readonly otherwise: Binding;
}

export function narrowing(engine: Engine, test: Expr, frame: Frame): Narrowing | null {
  if (test.kind === "not") {
    const inner = narrowing(engine, test.operand, frame);
    return inner === null ? null : { ...inner, then: inner.otherwise, otherwise: inner.then };
  }
  if (test.kind !== "call" || test.callee.kind !== "name" || test.callee.name !== "isinstance") return null;
  const [of, cls] = test.args;
  const binding = of?.kind === "name" ? lookUp(frame.env, of.name) : null;
  if (of?.kind !== "name" || cls === undefined || binding?.value.kind !== "union") return null;
  const classes = engine.evaluate(cls, frame);
  const { values } = binding.value;
  const kept = (not: boolean): Binding => ({ ...binding, value: joinAll(values.filter((one) => isInstance(engine, one, classes) !== not)) });
  return { name: of.name, then: kept(false), otherwise: kept(true) };
}

/** True or false where it is certain for all that the value can be. */
export function isInstance(engine: Engine, value: Value, cls: Value): boolean | null {
  const answers = new Set(alternatives(value).map((one) => isOneInstance(engine, one, cls)));
  const [answer] = answers;
  return answers.size === 1 && answer !== undefined ? answer : null;
}

function isOneInstance(engine: Engine, value: Value, cls: Value): boolean | null {
  if (cls.kind !== "list") return isOfClass(engine, value, cls);
  if (cls.items === null) return null;
  const answers = cls.items.map((one) => isOneInstance(engine, value, one));
  if (answers.includes(true)) return true;
  return answers.every((one) => one === false) ? false : null;
}

/** Names of Python's own types, which no row and no queryset is. */
const PYTHON_TYPE = /^python\.(?:str|bytes|int|float|bool|complex|list|tuple|set|frozenset|dict|range|type)$/;

function isOfClass(engine: Engine, value: Value, cls: Value): boolean | null {
  if (cls.kind === "native" && PYTHON_TYPE.test(cls.key)) return (value.kind === "row" && !isAssumed(value)) || value.kind === "queryset" || value.kind === "manager" ? false : null;
  if (cls.kind !== "class") return null;
  if (value.kind === "row") return isAssumed(value) ? null : isRowOf(engine, value.model.cls, cls.cls);
  if (value.kind === "object") return engine.program.mro(value.cls).includes(cls.cls) ? true : null;
  if (value.kind === "literal") return value.value === null ? false : null;
  return null;
}

/** A method of a base class may be another model's, and an annotation names one of several types. */
function isAssumed({ origin, path }: RowValue): boolean {
  return path === "" && (origin.kind === "instance" || origin.kind === "parameter");
}

/** A model's row may be of a class below it, which code or a package made it. */
function isRowOf({ program, graph }: Engine, model: ClassInfo, cls: ClassInfo): boolean | null {
  if (program.mro(model).includes(cls)) return true;
  return graph.ofClass(cls) === null || program.mro(cls).includes(model) ? null : false;
}
