/** What Meta says of a model's table: its name, its indexes, its constraints. */
import type { Call, ClassInfo, Expr, MetaEntry, MetaGroup, ModelTable, PythonModule } from "../model/index.ts";
import { truncateName } from "../model/generated-names.ts";
import { isList } from "../python/constant.ts";
import type { ConstantReader } from "../python/constant-module.ts";
import type { Draft } from "./model-drafts.ts";

/** `db_table`, or the app's label and the model's name, shortened as Django does. */
export function tableName({ app, name, options }: Pick<Draft, "app" | "name" | "options">): string {
  const said = options.constant("db_table");
  return typeof said === "string" && said !== "" ? said : truncateName(`${app}_${name.toLowerCase()}`);
}

export function readModelTable(reader: ConstantReader, draft: Draft): ModelTable {
  const { options } = draft;
  const indexes = readEntries(reader, draft, "indexes");
  const constraints = readEntries(reader, draft, "constraints");
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

function readEntries(reader: ConstantReader, draft: Draft, option: "indexes" | "constraints"): Entries {
  const found = draft.options.expression(option);
  const { meta } = draft.options;
  if (found === null || meta === null) return { entries: [], isComplete: true };
  const { expr, module, owner } = found;
  if (expr.kind !== "sequence") return { entries: [], isComplete: false };
  const entries = expr.items.flatMap((item) => (item.kind === "call" ? readEntry(reader, draft, module, item, owner ?? meta) : []));
  return { entries, isComplete: entries.length === expr.items.length };
}

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
