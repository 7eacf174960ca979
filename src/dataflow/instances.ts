/** What a test leaves of the values that it asks about: `isinstance()`, truth, `is None`. */
import type { ClassInfo, Compare, Expr } from "../model/index.ts";
import { isNoneLiteral } from "../python/syntax-tree.ts";
import type { Engine } from "./engine.ts";
import { rowsMade } from "./found-or-made.ts";
import { lookUp, type Binding, type Frame } from "./frame.ts";
import { withPrefetched } from "./load-tree.ts";
import { PREFETCH_CACHE } from "./prefetch-cache.ts";
import {
  ABSENT,
  alternatives,
  isNone,
  joinAll,
  list,
  PRESENT,
  SET,
  truth,
  type ListValue,
  type QuerysetValue,
  type RowValue,
  type UnknownValue,
  type Value,
} from "./values.ts";

/** What a test leaves of the names in it, in the branch where it holds and in the other. */
export interface Narrowing {
  readonly then: ReadonlyMap<string, Binding>;
  readonly otherwise: ReadonlyMap<string, Binding>;
}

const NONE_OF_THEM: ReadonlyMap<string, Binding> = new Map();

export function narrowing(engine: Engine, test: Expr, frame: Frame): Narrowing {
  switch (test.kind) {
    case "not": {
      const { then, otherwise } = narrowing(engine, test.operand, frame);
      return { then: otherwise, otherwise: then };
    }
    case "bool": {
      const isAnd = test.operator === "and";
      // What is known to hold decides nothing: where the whole does not, the other part does not.
      const open = test.items.filter((one) => (truthOfName(one, frame) ?? isKnownClass(one, frame)) !== isAnd);
      const parts = open.map((one) => narrowing(engine, one, frame));
      if (parts.length === 1 && parts[0] !== undefined) return parts[0];
      const all = new Map(parts.flatMap((one) => [...(isAnd ? one.then : one.otherwise)]));
      return isAnd ? { then: all, otherwise: NONE_OF_THEM } : { then: NONE_OF_THEM, otherwise: all };
    }
    case "name":
      return {
        then: new Map([
          ...kept(test, frame, (one) => one.kind !== "literal" || truth(one) !== false),
          ...unknownAs(PRESENT, test, frame),
          ...rowsMade(engine, test, frame),
        ]),
        otherwise: absent(test, frame),
      };
    case "compare":
      return byPrefetched(test, frame) ?? byNone(test, frame);
    default:
      return byClass(engine, test, frame) ?? { then: NONE_OF_THEM, otherwise: NONE_OF_THEM };
  }
}

function unknownAs(value: UnknownValue, name: Expr, frame: Frame): ReadonlyMap<string, Binding> {
  const binding = name.kind === "name" ? lookUp(frame.env, name.name) : null;
  const isNews = binding?.value.kind === "unknown" && truth(binding.value) === null;
  return name.kind === "name" && binding !== null && isNews ? new Map([[name.name, { ...binding, value }]]) : NONE_OF_THEM;
}

/** `if not serializer_class: return rows`: of a class that is not known beside one that is, nothing is followed anyway. */
export function isKnownClass(test: Expr, frame: Frame): boolean | null {
  if (test.kind === "not") {
    const holds = isKnownClass(test.operand, frame);
    return holds === null ? null : !holds;
  }
  const binding = test.kind === "name" ? lookUp(frame.env, test.name) : null;
  if (binding?.value.kind !== "union") return null;
  return binding.value.values.every(({ kind }) => kind === "class" || kind === "unknown") ? true : null;
}

function truthOfName(name: Expr, frame: Frame): boolean | null {
  const binding = name.kind === "name" ? lookUp(frame.env, name.name) : null;
  return binding === null ? null : truth(binding.value);
}

/** Of what is no row and no queryset, nothing but its falsehood is asked where it is false; of a list or a queryset that is false, no row is left. */
function absent(name: Expr, frame: Frame): ReadonlyMap<string, Binding> {
  const binding = name.kind === "name" ? lookUp(frame.env, name.name) : null;
  if (name.kind !== "name" || binding === null) return NONE_OF_THEM;
  const all = alternatives(binding.value);
  if (all.every(({ kind }) => PLAIN.has(kind))) return new Map([[name.name, { ...binding, value: ABSENT }]]);
  if (!all.some(holdsRows)) return NONE_OF_THEM;
  const gone = all.every(holdsRows) ? ({ isGone: true } as const) : {};
  return new Map([[name.name, { ...binding, ...gone, value: joinAll(all.map((one) => (holdsRows(one) ? emptied(one) : one))) }]]);
}

/** A generator is true, whatever it gives. */
function holdsRows(value: Value): value is QuerysetValue | ListValue {
  if (value.kind === "queryset") return true;
  return value.kind === "list" && value.type !== "generator" && alternatives(value.element).some(({ kind }) => kind === "row");
}

function emptied(rows: QuerysetValue | ListValue): Value {
  return rows.kind === "list" ? list([]) : { ...rows, isEmpty: true };
}

const PLAIN: ReadonlySet<Value["kind"]> = new Set(["unknown", "literal", "object", "external"]);

/** `name is None`, `name is not None`. */
function byNone({ left, operators, rights }: Compare, frame: Frame): Narrowing {
  const [operator] = operators;
  const [right] = rights;
  if (!isNoneLiteral(right) || rights.length !== 1) return { then: NONE_OF_THEM, otherwise: NONE_OF_THEM };
  const set = new Map([...kept(left, frame, (one) => !isNone(one)), ...unknownAs(SET, left, frame)]);
  const none = kept(left, frame, (one) => !NEVER_NONE.has(one.kind));
  if (operator === "is not" || operator === "!=") return { then: set, otherwise: none };
  return operator === "is" || operator === "==" ? { then: none, otherwise: set } : { then: NONE_OF_THEM, otherwise: NONE_OF_THEM };
}

const NEVER_NONE: ReadonlySet<Value["kind"]> = new Set(["class", "function", "bound", "list", "dict", "queryset", "manager"]);

/** A name that can be several things, where it is one of some of them. */
function kept(name: Expr, frame: Frame, test: (one: Value) => boolean): ReadonlyMap<string, Binding> {
  const binding = name.kind === "name" ? lookUp(frame.env, name.name) : null;
  if (name.kind !== "name" || binding?.value.kind !== "union") return NONE_OF_THEM;
  const left = binding.value.values.filter(test);
  if (left.length === 0 || left.length === binding.value.values.length) return NONE_OF_THEM;
  return new Map([[name.name, { ...binding, value: joinAll(left) }]]);
}

/** `"tags" in row._prefetched_objects_cache`, where the row's queryset is not known: in the branch where it holds they are there. */
function byPrefetched({ left, operators: [operator], rights: [right] }: Compare, frame: Frame): Narrowing | null {
  const name = right === undefined ? null : cacheOwner(right);
  const binding = name === null ? null : lookUp(frame.env, name);
  if (left.kind !== "str" || name === null || binding?.value.kind !== "row" || (operator !== "in" && operator !== "not in")) return null;
  const row = { ...binding.value, load: withPrefetched(binding.value.load, left.value) };
  const holds = new Map([[name, { ...binding, value: row }]]);
  return operator === "in" ? { then: holds, otherwise: NONE_OF_THEM } : { then: NONE_OF_THEM, otherwise: holds };
}

/** `row` of `row._prefetched_objects_cache` and of `getattr(row, "_prefetched_objects_cache", {})`. */
function cacheOwner(expr: Expr): string | null {
  if (expr.kind === "attribute") return expr.name === PREFETCH_CACHE && expr.object.kind === "name" ? expr.object.name : null;
  if (expr.kind !== "call" || expr.callee.kind !== "name" || expr.callee.name !== "getattr") return null;
  const [of, attribute] = expr.args;
  return of?.kind === "name" && attribute?.kind === "str" && attribute.value === PREFETCH_CACHE ? of.name : null;
}

/** `isinstance(name, …)` of a name that can be several things. */
function byClass(engine: Engine, test: Expr, frame: Frame): Narrowing | null {
  if (test.kind !== "call" || test.callee.kind !== "name" || test.callee.name !== "isinstance") return null;
  const [of, cls] = test.args;
  const binding = of?.kind === "name" ? lookUp(frame.env, of.name) : null;
  if (of?.kind !== "name" || cls === undefined || binding?.value.kind !== "union") return null;
  const classes = engine.evaluate(cls, frame);
  const { values } = binding.value;
  const ofClass = (not: boolean): Binding => ({ ...binding, value: joinAll(values.filter((one) => isInstance(engine, one, classes) !== not)) });
  return { then: new Map([[of.name, ofClass(false)]]), otherwise: new Map([[of.name, ofClass(true)]]) };
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

/** The same of classes of the standard library, by the names that they are imported by. */
const LIBRARY_TYPE = /^(?:uuid\.UUID|decimal\.Decimal|fractions\.Fraction|datetime\.\w+|pathlib\.\w+)$/;

function isOfClass(engine: Engine, value: Value, cls: Value): boolean | null {
  if ((cls.kind === "native" && PYTHON_TYPE.test(cls.key)) || (cls.kind === "external" && LIBRARY_TYPE.test(cls.name)))
    return (value.kind === "row" && !isAssumed(value)) || value.kind === "queryset" || value.kind === "manager" ? false : null;
  if (cls.kind !== "class") return null;
  if (value.kind === "queryset") return isQuerysetClass(engine, cls.cls);
  if (value.kind === "list" || value.kind === "dict") return false;
  if (value.kind === "row") return isAssumed(value) ? null : isRowOf(engine, value.model.cls, cls.cls);
  if (value.kind === "object") return engine.program.mro(value.cls).includes(cls.cls) ? true : null;
  if (value.kind === "literal") return value.value === null ? false : null;
  return null;
}

/** A method of a base class may be another model's, and an annotation names one of several types; what was made here is of its class. */
function isAssumed({ origin, path, isNew }: RowValue): boolean {
  return path === "" && !isNew && (origin.kind === "instance" || origin.kind === "parameter");
}

/** No queryset is a row; of which class of querysets it is, is not always known. */
function isQuerysetClass({ program }: Engine, cls: ClassInfo): boolean | null {
  if (cls.id === QUERYSET) return true;
  return program.isSubclass(cls, "django.db.models.Model") ? false : null;
}

const QUERYSET = "django.db.models.QuerySet";

/** A model's row may be of a class below it, which code or a package made it. */
function isRowOf({ program, graph }: Engine, model: ClassInfo, cls: ClassInfo): boolean | null {
  if (program.mro(model).includes(cls)) return true;
  if (program.isSubclass(cls, "django.db.models.QuerySet")) return false;
  return graph.ofClass(cls) === null || program.mro(cls).includes(model) ? null : false;
}
