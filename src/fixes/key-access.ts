/** `book.author.id` asks the database for what `book.author_id` already has; so does `if book.author:`. */
import type { EditDraft, Expr, Field, FixDraft, LazyLoad, Model, RuleInput } from "../model/index.ts";
import { isNoneLiteral, isStatement, pathTo, type SyntaxNode } from "../python/syntax-tree.ts";
import { stepsOf } from "./eager-paths.ts";

/** How a row is read for nothing but its key: `.id`, a test whether there is one, a comparison, a condition of a query. */
export type KeyUse = "key" | "test" | "comparison" | "condition";

/** The key's column, where every read asks for the key alone; `uses` has what they do with it. */
export interface KeyColumn {
  readonly column: string;
  readonly nullable: boolean;
  readonly uses: ReadonlySet<KeyUse>;
}

export function keyColumn(load: LazyLoad, loads: readonly LazyLoad[], input: RuleInput): KeyColumn | null {
  const field = keyField(load, input);
  if (field?.attname == null || isAssigned(load)) return null;
  const uses = loads.filter((one) => one.path === load.path).map((one) => keyUse(one, field, input));
  const known = uses.filter((use) => use !== null);
  return known.length < uses.length ? null : { column: field.attname, nullable: field.null, uses: new Set(known) };
}

/**
 * Reads the foreign key's own column where nothing but the key of the related row is read, in Python and templates.
 * Null when one of the loads reads more than that.
 */
export function keyAccessFix(loads: readonly LazyLoad[], input: RuleInput): FixDraft | null {
  const [first] = loads;
  const field = first === undefined ? null : keyField(first, input);
  if (first === undefined || field?.attname == null || isAssigned(first) || !loads.every((load) => load.path === first.path)) return null;
  const edits = loads.map((load) => keyEdit(load, loads, field, input));
  const whole = edits.filter((edit) => edit !== null);
  if (whole.length < edits.length) return null;
  const title = `Read ${field.attname}, which came with the row`;
  if (!field.null) return { title, safety: "safe", edits: whole };
  return { title: `${title}: where there is none it is None`, safety: "review", edits: whole };
}

/** `if not order.editor: order.editor = …` is for what reads the row further on, whether it was there or is set. */
function isAssigned({ origin, path }: LazyLoad): boolean {
  return origin.assigned?.has(path) === true;
}

/** The foreign key, where its column has the other row's primary key. */
export function keyField({ origin, path }: Pick<LazyLoad, "origin" | "path">, { graph }: RuleInput): Field | null {
  const field = stepsOf(graph, origin.model, path)?.at(-1);
  const target = graph.byLabel(field?.relation?.target ?? "");
  return field !== undefined && target !== null && target.parents.length === 0 && isByKey(field) ? field : null;
}

function isByKey({ relation, declaration }: Field): boolean {
  const isForward = relation?.kind === "fk" || relation?.kind === "o2o";
  return isForward && declaration?.kind === "call" && !declaration.keywords.some(({ name }) => name === "to_field" || name === "");
}

function keyUse(load: LazyLoad, field: Field, input: RuleInput): KeyUse | null {
  const { access } = load;
  const text = input.text(access.file);
  if (load.keyOnly) return "key";
  const target = input.graph.byLabel(field.relation?.target ?? "");
  if (target === null || !text.slice(access.start, access.end).endsWith(`.${field.name}`)) return null;
  const use = access.file.endsWith(".py") ? useInPython(pathTo(input.program, access), target, input) : useInTemplate(text, access);
  return use !== null && isOwn(target, use, input) ? null : use;
}

/** The model's class says what the test or the comparison means. */
function isOwn({ cls }: Model, use: KeyUse, { program }: RuleInput): boolean {
  const names = use === "test" ? ["__bool__", "__len__"] : use === "comparison" ? ["__eq__", "__ne__"] : [];
  return names.some((name) => program.member(cls, name)?.owner.module.origin === "project");
}

function useInPython(path: readonly SyntaxNode[], target: Model, input: RuleInput): KeyUse | null {
  const read = path.at(-1);
  const around = path.at(-2);
  if (read === undefined || around === undefined || isStatement(read)) return null;
  if (around.kind === "compare") return useInComparison(around, read);
  if (around.kind === "call") return useInCall(around, read, target, input);
  return isTested(path, path.length - 1) ? "test" : null;
}

const EQUALITY: ReadonlySet<string> = new Set(["==", "!="]);

function useInComparison({ left, operators, rights }: Extract<Expr, { readonly kind: "compare" }>, read: Expr): KeyUse | null {
  const [operator = ""] = operators;
  const [right] = rights;
  if (rights.length !== 1 || right === undefined) return null;
  if (read === left && isNoneLiteral(right)) return operator === "is" || operator === "is not" || EQUALITY.has(operator) ? "test" : null;
  return EQUALITY.has(operator) ? "comparison" : null;
}

const CONDITIONS: ReadonlySet<string> = new Set(["filter", "exclude", "get", "aget", "get_object_or_404", "get_list_or_404", "Q"]);

/** `filter(author=book.author)` sends the key. */
function useInCall({ callee, args, keywords }: Extract<Expr, { readonly kind: "call" }>, read: Expr, target: Model, { graph }: RuleInput): KeyUse | null {
  const name = callee.kind === "name" || callee.kind === "attribute" ? callee.name : "";
  if (name === "bool" && args[0] === read) return "test";
  const keyword = CONDITIONS.has(name) ? keywords.find(({ value }) => value === read)?.name : undefined;
  const asked = keyword
    ?.replace(/__exact$/, "")
    .split("__")
    .at(-1);
  const fields = [...graph.models.values()].flatMap((model) => model.fields.get(asked ?? "") ?? []);
  const isKey = (field: Field): boolean => isByKey(field) && graph.byLabel(field.relation?.target ?? "")?.concrete === target.concrete;
  return fields.length > 0 && fields.every(isKey) ? "condition" : null;
}

/** Whether only the truth of a node matters: what is read stands for itself nowhere. */
function isTested(path: readonly SyntaxNode[], index: number): boolean {
  const node = path[index];
  const around = path[index - 1];
  switch (around?.kind) {
    case "if":
    case "while":
      return around.test === node;
    case "conditional":
      return around.test === node || ((around.then === node || around.otherwise === node) && isTested(path, index - 1));
    case "not":
      return true;
    case "bool":
      // `row.author and …` gives what stands before it where that is None, and None is the key then too.
      return (around.operator === "and" && around.items.at(-1) !== node) || isTested(path, index - 1);
    case "comprehension":
      return around.clauses.some(({ conditions }) => conditions.some((one) => one === node));
    default:
      return false;
  }
}

/** `{% if book.editor %}`, `{% if book.editor == user %}`; a filter sees the row itself. */
function useInTemplate(text: string, { start, end }: LazyLoad["access"]): KeyUse | null {
  const open = text.lastIndexOf("{%", start);
  if (open < 0 || !/^\{%-?\s*(?:el)?if\s/.test(text.slice(open, start)) || text.slice(open, start).includes("%}")) return null;
  const before = text.slice(open, start);
  const after = text.slice(end);
  if (/^\s*[!=]=/.test(after) || /[!=]=\s*$/.test(before)) return /^\s*[!=]=\s*None\b/.test(after) ? "test" : "comparison";
  return /(?:if|and|or|not)\s+$/.test(before) && /^\s*(?:-?%\}|(?:and|or)\s|is\s+(?:not\s+)?None\b)/.test(after) ? "test" : null;
}

function keyEdit(load: LazyLoad, loads: readonly LazyLoad[], field: Field, input: RuleInput): EditDraft | null {
  const { access } = load;
  const use = keyUse(load, field, input);
  const read = input.text(access.file).slice(access.start, access.end);
  if (use === null || !read.endsWith(`.${field.name}`) || (use === "comparison" && !isComparedWithAnother(load, loads, input))) return null;
  const key = use === "key" ? /^\.\w+/.exec(input.text(access.file).slice(access.end))?.[0] : "";
  if (key === undefined) return null;
  const start = access.end - field.name.length;
  return { span: { file: access.file, start, end: access.end + key.length }, text: field.attname ?? field.name };
}

/** `a.author == b.author`: keys are compared with keys. Of what else stands there it is not known whether it is a row that has a key. */
function isComparedWithAnother({ access }: LazyLoad, loads: readonly LazyLoad[], { program }: RuleInput): boolean {
  const comparison = pathTo(program, access).at(-2);
  if (comparison?.kind !== "compare") return false;
  const others = [comparison.left, ...comparison.rights].filter(({ start }) => start !== access.start);
  return others.every(({ start, end }) => loads.some((one) => one.access.file === access.file && one.access.start === start && one.access.end === end));
}
