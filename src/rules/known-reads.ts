/** Origins whose rows were followed to the end, and what was read of them. */
import type { Field, Model, Origin, QueryRun, RuleInput } from "../model/index.ts";
import { nodesIn, pathTo, type SyntaxNode } from "../python/syntax-tree.ts";
import { enclosingFunction } from "./code.ts";
import { columnsOf } from "./model-columns.ts";

/** Chained calls that decide by themselves which columns come, or that make the rows something else. */
const DECIDED: ReadonlySet<string> = new Set([
  "only",
  "defer",
  "values",
  "values_list",
  "raw",
  "select_for_update",
  "annotate",
  "extra",
  "union",
  "intersection",
  "difference",
  "delete",
  "update",
  "bulk_update",
  "fetch_mode",
  "dates",
  "datetimes",
  "distinct",
  // Packages' rows of the child models.
  "select_subclasses",
  "get_real_instances",
  "specific",
]);

export interface KnownReads {
  readonly origin: Origin;
  readonly model: Model;
  readonly columns: readonly Field[];
  readonly read: readonly Field[];
  readonly unread: readonly Field[];
  /** What is read, and the keys that its eager loads go by: Django refuses to join by a key that is left out, and fetches it row by row to prefetch. */
  readonly needed: readonly Field[];
  /** Paths that go over a relation. */
  readonly beyond: readonly string[];
  readonly runs: readonly QueryRun[];
}

/** Querysets that are iterated as instances, whose every read was seen. */
export function knownReads(input: RuleInput): readonly KnownReads[] {
  const runs = new Map<number, QueryRun[]>();
  for (const run of input.facts.runs) runs.set(run.origin.id, [...(runs.get(run.origin.id) ?? []), run]);
  return input.facts.origins.flatMap((origin) => {
    const own = runs.get(origin.id) ?? [];
    const model = input.graph.byLabel(origin.model);
    if (model === null || origin.kind !== "manager" || origin.escapes || !origin.iterated || origin.asValues) return [];
    if (origin.columns.size === 0 || origin.calls.some((call) => DECIDED.has(call.name))) return [];
    if (enclosingFunction(pathTo(input.program, origin.span)) === null) return [];
    if (own.some((run) => run.doubts.length > 0 || enclosingFunction(pathTo(input.program, run.span)) === null)) return [];
    if (own.length === 0 || own.some((run) => !run.givesRows || run.inTemplate || run.atImport)) return [];
    if (isSwappedByPackage(model)) return [];
    const known = { origin, model, runs: own, ...split(origin, model, input) };
    return isSavedByFile(known, input) ? [] : [known];
  });
}

/** A polymorphic manager fetches the children's rows on its own terms. */
function isSwappedByPackage(model: Model): boolean {
  return [...model.managers.values()].some((fact) => /polymorphic|translat|inheritance/i.test(`${fact.manager?.id ?? ""} ${fact.queryset?.id ?? ""}`));
}

/** `photo.image.delete()`: a file's own methods save its row, of which `only()` would write but the columns that it names. */
function isSavedByFile({ origin, read, runs }: KnownReads, { program }: RuleInput): boolean {
  const files = new Set(read.filter(({ type }) => /\.(?:File|Image)Field$/.test(type)).map(({ name }) => name));
  if (files.size === 0) return false;
  const holders = [origin.span, ...runs.map(({ span }) => span)].flatMap((span) => enclosingFunction(pathTo(program, span)) ?? []);
  return holders.some((holder) => nodesIn(holder).some((node) => isFileWrite(node, files)));
}

function isFileWrite(node: SyntaxNode, files: ReadonlySet<string>): boolean {
  if (node.kind !== "call" || node.callee.kind !== "attribute" || !/^(?:save|delete)$/.test(node.callee.name)) return false;
  return node.callee.object.kind === "attribute" && files.has(node.callee.object.name);
}

function split(origin: Origin, model: Model, { facts }: RuleInput): Pick<KnownReads, "columns" | "read" | "unread" | "needed" | "beyond"> {
  const columns = columnsOf(model);
  const heads = new Set([...origin.columns].map((path) => path.split("__")[0] ?? path));
  // A key is always loaded, and a relation cannot be followed without its column.
  const read = columns.filter((field) => field.primaryKey || heads.has(field.name));
  const unread = columns.filter((field) => !read.includes(field));
  const loaded = new Set(facts.eagerLoads.flatMap((one) => (one.origin.id === origin.id ? [one.path.split("__")[0]] : [])));
  const needed = columns.filter((field) => read.includes(field) || loaded.has(field.name));
  const beyond = [...origin.columns].filter((path) => path.includes("__") || model.fields.get(path)?.relation != null);
  return { columns, read, unread, needed, beyond };
}
