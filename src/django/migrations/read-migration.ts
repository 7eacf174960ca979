/** One migration's module as data. */
import type { Call, ClassDef, Expr, Import, Migration, MigrationImport, MigrationName, MigrationOperation, Module, Span, Stmt } from "../../model/index.ts";
import { evaluateConstant, isList, type ConstantScope, type ConstantValue } from "../../python/constant.ts";
import { isModelOperation, parametersOf } from "./operation-parameters.ts";

/** Reads constants of a migration's module: strings of RunSQL, names. */
export type ReadConstant = (expr: Expr) => ConstantValue | undefined;

/** Null where the module has no class Migration. */
export function readMigration(app: string, module: Module): Migration | null {
  const def = module.body.find((stmt): stmt is ClassDef => stmt.kind === "class" && stmt.name === "Migration");
  if (def === undefined) return null;
  const constant = constantsOf(module);
  const values = attributesOf(def);
  const operations = values.get("operations");
  const dependencies = namesOf(values.get("dependencies"), constant);
  return {
    app,
    name: /([^/]+)\.py$/.exec(module.file)?.[1] ?? "",
    file: module.file,
    span: { file: module.file, start: def.start, end: def.headEnd },
    dependencies: dependencies ?? [],
    runBefore: namesOf(values.get("run_before"), constant) ?? [],
    replaces: namesOf(values.get("replaces"), constant) ?? [],
    isAtomic: !isFalse(values.get("atomic")),
    operations: operations?.kind === "sequence" ? readOperations(operations.items, module.file, "both") : [],
    isComplete: (operations === undefined || isPlain(operations)) && dependencies !== null && !changesLists(def),
    imports: module.body.flatMap((stmt) => (stmt.kind === "import" ? importLines(stmt) : [])),
  };
}

/** Constants of the module: what is assigned once at its top. */
export function constantsOf(module: Module): ReadConstant {
  const values = new Map<string, ConstantValue>();
  const scope: ConstantScope = { lookup: (dotted) => values.get(dotted) };
  for (const stmt of module.body) {
    const [target] = stmt.kind === "assign" ? stmt.targets : [];
    const value = stmt.kind === "assign" && stmt.value !== null ? evaluateConstant(stmt.value, scope) : undefined;
    if (target?.kind === "name" && value !== undefined) values.set(target.name, value);
  }
  return (expr) => evaluateConstant(expr, scope);
}

function attributesOf(def: ClassDef): ReadonlyMap<string, Expr> {
  const values = new Map<string, Expr>();
  for (const stmt of def.body) {
    const [target] = stmt.kind === "assign" ? stmt.targets : [];
    if (target?.kind === "name" && stmt.kind === "assign" && stmt.value !== null) values.set(target.name, stmt.value);
  }
  return values;
}

const isFalse = (expr: Expr | undefined): boolean => expr?.kind === "constant" && expr.value === "false";

function isPlain(expr: Expr): boolean {
  return expr.kind === "sequence" && expr.items.every((item) => item.kind === "call");
}

/** `operations += …` or a list made by a loop. */
function changesLists(def: ClassDef): boolean {
  const isChange = (stmt: Stmt): boolean => stmt.kind === "augment" || stmt.kind === "if" || stmt.kind === "for";
  return def.body.some(isChange);
}

/** Null where one is not written as two strings; `swappable_dependency` depends on another app and never on this one's order. */
function namesOf(expr: Expr | undefined, constant: ReadConstant): readonly MigrationName[] | null {
  if (expr === undefined) return [];
  if (expr.kind !== "sequence") return null;
  const names: MigrationName[] = [];
  let isWhole = true;
  for (const item of expr.items) {
    if (item.kind === "call") continue;
    const value = constant(item);
    const [app, name] = isList(value) ? value.items : [];
    if (typeof app === "string" && typeof name === "string") names.push({ app, name });
    else isWhole = false;
  }
  return isWhole ? names : null;
}

function readOperations(items: readonly Expr[], file: string, effect: MigrationOperation["effect"]): MigrationOperation[] {
  return items.flatMap((item) => (item.kind === "call" ? readOperation(item, file, effect) : []));
}

function readOperation(call: Call, file: string, effect: MigrationOperation["effect"]): MigrationOperation[] {
  const kind = calledName(call.callee);
  const given = argumentsOf(call, parametersOf(kind));
  const inner = (name: string, inside: MigrationOperation["effect"]): MigrationOperation[] => {
    const list = given.get(name);
    return list?.kind === "sequence" ? readOperations(list.items, file, effect === "both" ? inside : effect) : [];
  };
  if (kind === "SeparateDatabaseAndState") return [...inner("database_operations", "database"), ...inner("state_operations", "state")];
  const own = { kind, span: { file, start: call.start, end: call.end } satisfies Span, effect, ...subjectOf(kind, given), arguments: given };
  return kind === "RunSQL" ? [own, ...inner("state_operations", "state")] : [own];
}

/** The last part of a dotted name. */
export function calledName(callee: Expr): string {
  return callee.kind === "attribute" || callee.kind === "name" ? callee.name : "";
}

function argumentsOf(call: Call, names: readonly string[]): ReadonlyMap<string, Expr> {
  const positional = call.args.flatMap((arg, index): [string, Expr][] => [[names[index] ?? `${index}`, arg]]);
  return new Map([...positional, ...call.keywords.map((one): [string, Expr] => [one.name, one.value])]);
}

function subjectOf(kind: string, given: ReadonlyMap<string, Expr>): Pick<MigrationOperation, "model" | "name"> {
  const text = (name: string): string | null => textOf(given.get(name));
  if (kind === "RenameModel") return { model: text("old_name")?.toLowerCase() ?? null, name: text("new_name") };
  if (isModelOperation(kind)) return { model: text("name")?.toLowerCase() ?? null, name: text("name") };
  const thing = given.get("index") ?? given.get("constraint");
  const own = thing?.kind === "call" ? textOf(thing.keywords.find((one) => one.name === "name")?.value) : null;
  return { model: text("model_name")?.toLowerCase() ?? null, name: text("name") ?? text("new_name") ?? own };
}

export function textOf(expr: Expr | undefined): string | null {
  return expr?.kind === "str" ? expr.value : null;
}

function importLines({ from, level, names }: Import): MigrationImport[] {
  return names.map(({ name, alias }) => {
    const as = alias === null ? "" : ` as ${alias}`;
    if (from === null && level === 0) return { binds: alias ?? name.split(".", 1)[0] ?? name, line: `import ${name}${as}` };
    return { binds: alias ?? name, line: `from ${".".repeat(level)}${from ?? ""} import ${name}${as}` };
  });
}
