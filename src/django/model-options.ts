import type { Expr } from "../model/ir.ts";
import type { ClassInfo, PythonModule } from "../model/project.ts";
import { isList, type ConstantValue } from "../python/constant.ts";
import type { ConstantReader } from "../python/constant-module.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { isExternal } from "../python/resolve-class.ts";
import type { Argument } from "./field-call.ts";

/** `class Meta` of one model, with Django's rules of inheritance. */
export interface ModelOptions {
  readonly isAbstract: boolean;
  readonly isProxy: boolean;
  /** The Meta that holds: the model's own, or that of an abstract base. */
  readonly meta: ClassInfo | null;
  /** With the class that has it. */
  expression(name: string): (Argument & { readonly owner?: ClassInfo }) | null;
  constant(name: string): ConstantValue | undefined;
}

/**
 * A model without a Meta takes that of its first abstract base. `abstract` is never inherited from a base's Meta:
 * Django resets it there.
 */
export function readOptions(program: ResolvedProgram, reader: ConstantReader, cls: ClassInfo, isAbstractModel: (base: ClassInfo) => boolean): ModelOptions {
  const own = metaOf(program, cls);
  const inherited = own ?? inheritedMeta(program, cls, isAbstractModel);
  const lookup = (meta: ClassInfo | null, name: string): (Argument & { readonly owner: ClassInfo }) | null => {
    for (const owner of meta ? program.mro(meta) : []) {
      if (isExternal(owner)) continue;
      const definition = owner.members.get(name)?.findLast((each) => each.kind === "variable");
      if (definition?.kind === "variable" && definition.value) {
        return { expr: definition.value, module: owner.module, owner };
      }
    }
    return null;
  };
  const constant = (name: string): ConstantValue | undefined => {
    const found = lookup(inherited, name);
    return found ? reader.expression(found.module, found.expr) : undefined;
  };
  return {
    isAbstract: own !== null && isTrue(reader, abstractFlag(program, own, cls)),
    isProxy: own !== null && constant("proxy") === true,
    meta: inherited,
    expression: (name) => lookup(inherited, name),
    constant,
  };
}

/** The class named or assigned as `Meta` in the class body itself. */
function metaOf(program: ResolvedProgram, cls: ClassInfo): ClassInfo | null {
  const definition = cls.members.get("Meta")?.at(-1);
  if (definition?.kind === "class") return definition.cls;
  if (definition?.kind !== "variable" || !definition.value) return null;
  const symbol = program.followAlias(program.resolveExpression(cls.module, definition.value, cls));
  return symbol?.kind === "class" ? symbol.cls : null;
}

function inheritedMeta(program: ResolvedProgram, cls: ClassInfo, isAbstractModel: (base: ClassInfo) => boolean): ClassInfo | null {
  for (const base of program.mro(cls).slice(1)) {
    const meta = isExternal(base) || !isAbstractModel(base) ? null : metaOf(program, base);
    if (meta) return meta;
  }
  return null;
}

/** `abstract` from the Meta itself or from plain classes it extends, not from another model's Meta. */
function abstractFlag(program: ResolvedProgram, meta: ClassInfo, cls: ClassInfo): Argument | null {
  for (const owner of program.mro(meta)) {
    if (isExternal(owner) || (owner.parent !== null && owner.parent !== cls)) continue;
    const definition = owner.members.get("abstract")?.at(-1);
    if (definition?.kind === "variable" && definition.value) return { expr: definition.value, module: owner.module };
  }
  return null;
}

function isTrue(reader: ConstantReader, flag: Argument | null): boolean {
  return flag !== null && reader.expression(flag.module, flag.expr) === true;
}

/** `Meta.ordering` as names with `-` for descending; what cannot be read is `?`. */
export function readOrdering(reader: ConstantReader, options: ModelOptions): readonly string[] | null {
  if (options.constant("order_with_respect_to")) return ["_order"];
  const found = options.expression("ordering");
  const value = options.constant("ordering");
  if (!found && value === undefined) return null;
  if (found?.expr.kind !== "sequence") {
    return isList(value) ? value.items.filter((item) => typeof item === "string") : value === null ? [] : ["?"];
  }
  return found.expr.items.map((item) => orderingItem(reader, found.module, item));
}

/** `"-date"`, `F("date").desc(nulls_last=True)`, `Lower("name")`. */
function orderingItem(reader: ConstantReader, module: PythonModule, item: Expr): string {
  const value = reader.expression(module, item);
  if (typeof value === "string") return value;
  if (item.kind !== "call") return "?";
  const [first] = item.args;
  if (item.callee.kind === "attribute" && (item.callee.name === "desc" || item.callee.name === "asc")) {
    const name = orderingItem(reader, module, item.callee.object);
    return item.callee.name === "desc" && name !== "?" ? `-${name}` : name;
  }
  return first?.kind === "str" ? first.value : "?";
}

/** `unique_together` and unconditional UniqueConstraints. */
export function readUniqueTogether(reader: ConstantReader, options: ModelOptions): readonly (readonly string[])[] {
  const value = options.constant("unique_together");
  const items = isList(value) ? value.items : [];
  const flat = items.filter((item) => typeof item === "string");
  const groups = flat.length > 0 ? [flat] : items.map(namesIn);
  const constraints = options.expression("constraints");
  const fromConstraints =
    constraints?.expr.kind === "sequence" ? constraints.expr.items.flatMap((item) => uniqueConstraint(reader, constraints.module, item)) : [];
  return [...groups, ...fromConstraints].filter((group) => group.length > 0);
}

function uniqueConstraint(reader: ConstantReader, module: PythonModule, item: Expr): readonly (readonly string[])[] {
  if (item.kind !== "call" || item.args.length > 0) return [];
  const isUnique = item.callee.kind === "attribute" ? item.callee.name : item.callee.kind === "name" && item.callee.name;
  const fields = item.keywords.find((each) => each.name === "fields");
  if (isUnique !== "UniqueConstraint" || !fields || item.keywords.some((each) => each.name === "condition")) return [];
  return [namesIn(reader.expression(module, fields.value))];
}

/** First columns of `Meta.indexes`. */
export function readIndexedFields(reader: ConstantReader, options: ModelOptions): ReadonlySet<string> {
  const found = options.expression("indexes");
  if (found?.expr.kind !== "sequence") return new Set();
  const firsts = found.expr.items.flatMap((item) => {
    const fields = item.kind === "call" && item.keywords.find((each) => each.name === "fields");
    return fields ? namesIn(reader.expression(found.module, fields.value)).slice(0, 1) : [];
  });
  return new Set(firsts.map((name) => name.replace(/^-/, "")));
}

function namesIn(value: ConstantValue | undefined): readonly string[] {
  return isList(value) ? value.items.filter((item) => typeof item === "string") : [];
}
