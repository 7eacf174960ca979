/** What Meta says of a model's table: its name, its indexes, its constraints. */
import type { Call, ClassInfo, Expr, MetaEntry, MetaGroup, ModelTable, PythonModule } from "../model/index.ts";
import { truncateName } from "../model/generated-names.ts";
import { isList } from "../python/constant.ts";
import type { ConstantReader } from "../python/constant-module.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { isExternal } from "../python/resolve-class.ts";
import type { Draft } from "./model-drafts.ts";

/** `db_table`, or the app's label and the model's name, shortened as Django does. */
export function tableName({ app, name, options }: Pick<Draft, "app" | "name" | "options">): string {
  const said = options.constant("db_table");
  return typeof said === "string" && said !== "" ? said : truncateName(`${app}_${name.toLowerCase()}`);
}

export function readModelTable(program: ResolvedProgram, reader: ConstantReader, draft: Draft): ModelTable {
  const { options } = draft;
  const indexes = readEntries(program, reader, draft, "indexes");
  const constraints = readEntries(program, reader, draft, "constraints");
  return {
    name: tableName(draft),
    isManaged: options.constant("managed") !== false,
    meta: options.meta,
    indexes: indexes.entries,
    constraints: constraints.entries,
    uniqueTogether: readGroups(reader, draft, "unique_together"),
    indexTogether: readGroups(reader, draft, "index_together"),
    isComplete: indexes.isComplete && constraints.isComplete,
  };
}

interface Entries {
  readonly entries: readonly MetaEntry[];
  readonly isComplete: boolean;
}

function readEntries(program: ResolvedProgram, reader: ConstantReader, draft: Draft, option: "indexes" | "constraints"): Entries {
  const found = draft.options.expression(option);
  const { meta } = draft.options;
  if (found === null || meta === null) return { entries: [], isComplete: true };
  const items = itemsOf(program, { expr: found.expr, module: found.module, owner: found.owner ?? meta });
  if (items === null) return { entries: [], isComplete: false };
  const entries = items.flatMap(({ expr, module, owner }) => (expr.kind === "call" ? readEntry(reader, draft, module, expr, owner) : []));
  return { entries, isComplete: entries.length === items.length };
}

interface Written {
  readonly expr: Expr;
  readonly module: PythonModule;
  /** The Meta that it stands in. */
  readonly owner: ClassInfo;
}

/** The entries of `[…]`, of `Base.Meta.indexes + […]` and of `[*Base.Meta.indexes, …]`; null where a part is not known. */
function itemsOf(program: ResolvedProgram, at: Written, depth = 0): readonly Written[] | null {
  const { expr, module, owner } = at;
  if (depth > MOST_LISTS) return null;
  if (expr.kind === "sequence") {
    const items = expr.items.map((item) => (item.kind === "star" ? itemsOf(program, { ...at, expr: item.value }, depth + 1) : [{ ...at, expr: item }]));
    return items.some((one) => one === null) ? null : items.flatMap((one) => one ?? []);
  }
  if (expr.kind === "binary" && expr.operator === "+") {
    const left = itemsOf(program, { ...at, expr: expr.left }, depth + 1);
    const right = itemsOf(program, { ...at, expr: expr.right }, depth + 1);
    return left === null || right === null ? null : [...left, ...right];
  }
  if (expr.kind !== "attribute") return null;
  const holder = program.followAlias(program.resolveExpression(module, expr.object, owner));
  if (holder?.kind !== "class") return null;
  for (const base of program.mro(holder.cls)) {
    const said = isExternal(base) ? undefined : base.members.get(expr.name)?.findLast((one) => one.kind === "variable");
    if (!isExternal(base) && said?.kind === "variable" && said.value !== null)
      return itemsOf(program, { expr: said.value, module: base.module, owner: base }, depth + 1);
  }
  return null;
}

/** Lists that take each other in, one within the other. Ours. */
const MOST_LISTS = 10;

function readEntry(reader: ConstantReader, draft: Draft, module: PythonModule, call: Call, meta: ClassInfo): MetaEntry {
  const keyword = (name: string): Expr | undefined => call.keywords.find((one) => one.name === name)?.value;
  const list = (name: string): readonly string[] => textsIn(reader, module, keyword(name));
  const said = keyword("name");
  const name = said === undefined ? null : reader.expression(module, said);
  return {
    kind: call.callee.kind === "attribute" || call.callee.kind === "name" ? call.callee.name : "",
    name: typeof name === "string" && name !== "" ? filledIn(name, draft) : null,
    fields: list("fields"),
    expressions: call.args.length,
    operatorClasses: list("opclasses"),
    include: list("include"),
    hasCondition: keyword("condition") !== undefined,
    span: { file: module.ir.file, start: call.start, end: call.end },
    meta,
  };
}

/** Django fills in the names of the model that inherits an entry. */
function filledIn(name: string, draft: Draft): string {
  return name.replaceAll("%(app_label)s", draft.app.toLowerCase()).replaceAll("%(class)s", draft.name.toLowerCase());
}

function textsIn(reader: ConstantReader, module: PythonModule, expr: Expr | undefined): readonly string[] {
  const value = expr === undefined ? undefined : reader.expression(module, expr);
  return isList(value) ? value.items.filter((item) => typeof item === "string") : [];
}

/** One group may be written without the outer list. */
function readGroups(reader: ConstantReader, draft: Draft, option: "unique_together" | "index_together"): readonly MetaGroup[] {
  const found = draft.options.expression(option);
  if (found?.expr.kind !== "sequence") return [];
  const { expr, module } = found;
  const span = ({ start, end }: Expr): MetaGroup["span"] => ({ file: module.ir.file, start, end });
  const flat = textsIn(reader, module, expr);
  if (flat.length > 0) return [{ fields: flat, span: span(expr) }];
  return expr.items.map((item) => ({ fields: textsIn(reader, module, item), span: span(item) })).filter(({ fields }) => fields.length > 0);
}
