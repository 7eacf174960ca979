/** Every place of the project that changes rows, with what would notice it. */
import type { FunctionDef, Model, RuleInput, SentStatement, Span } from "../../model/index.ts";
import { isInProjectFile } from "./own-files.ts";

export type WriteKind =
  /** `save()`, `create()`, `get_or_create()`: signals fire. */
  | "save"
  /** `delete()` of a row or a queryset: signals fire, for cascaded rows too. */
  | "delete"
  /** `update()`, `bulk_update()`: no signal. */
  | "update"
  /** `bulk_create()`: no signal. */
  | "bulk_create"
  /** `add()`, `set()`, `remove()`, `clear()` of a many-to-many: `m2m_changed` alone. */
  | "many-to-many"
  | "sql"
  /** Rows that go, or lose a reference, with the row that they refer to. */
  | "cascade"
  | "admin";

export interface WriteSite {
  readonly kind: WriteKind;
  /** As it is written: `update`, `get_or_create`, `add`. */
  readonly how: string;
  /** Label of the model whose rows change; null where SQL names a table that no model has. */
  readonly model: string | null;
  readonly span: Span;
  readonly symbol: string;
}

const BY_METHOD: Readonly<Record<string, WriteKind>> = {
  save: "save",
  create: "save",
  get_or_create: "save",
  update_or_create: "save",
  delete: "delete",
  update: "update",
  bulk_update: "update",
  bulk_create: "bulk_create",
};

const known = new WeakMap<RuleInput["facts"], readonly WriteSite[]>();

/** In the order of files and lines; what stands in tests and migrations is left out. */
export function writeSites(input: RuleInput): readonly WriteSite[] {
  const before = known.get(input.facts);
  if (before !== undefined) return before;
  const direct = [...(input.facts.sent ?? []).flatMap((one) => siteOf(input, one)), ...recorded(input)];
  const all = [...direct, ...direct.flatMap((one) => cascadesOf(input, one)), ...adminSites(input)];
  const unique = new Map(
    all.filter(({ span }) => isInProjectFile(span.file)).map((one) => [`${one.span.file}:${one.span.start}:${one.model}:${one.kind}`, one]),
  );
  const sorted = [...unique.values()].toSorted((a, b) => (a.span.file === b.span.file ? a.span.start - b.span.start : a.span.file < b.span.file ? -1 : 1));
  known.set(input.facts, sorted);
  return sorted;
}

/** Writes of a model's rows, by label. */
export function writesOf(input: RuleInput, labels: readonly string[]): readonly WriteSite[] {
  const wanted = new Set(labels.map((label) => concreteOf(input, label)));
  return writeSites(input).filter(({ model }) => model !== null && wanted.has(concreteOf(input, model)));
}

function concreteOf({ graph }: RuleInput, label: string): string {
  return graph.byLabel(label)?.concrete ?? label;
}

function siteOf(input: RuleInput, { what, span, symbol }: SentStatement): WriteSite[] {
  if (what.kind === "row" && (what.how === "save" || what.how === "delete")) return [{ kind: what.how, how: what.how, model: what.model, span, symbol }];
  if (what.kind === "query") {
    const kind = BY_METHOD[what.how.replace(/^a(?=[a-z_]{4})/, "")];
    return kind === undefined ? [] : [{ kind, how: what.how, model: what.recipe.model, span, symbol }];
  }
  if (what.kind === "related") return relatedWrite(input, what, { span, symbol });
  return what.kind === "sql" ? sqlWrites(input, what.parts, { span, symbol }) : [];
}

/** `add()` to a reverse foreign key is an update of the rows that are added. */
function relatedWrite(
  input: RuleInput,
  { how, model, field }: { readonly how: string; readonly model: string; readonly field: string },
  at: Pick<WriteSite, "span" | "symbol">,
): WriteSite[] {
  const relation = input.graph.byLabel(model)?.fields.get(field)?.relation;
  if (relation?.kind === "m2m" || relation?.kind === "m2m-reverse") return [{ kind: "many-to-many", how, model: relation.through, ...at }];
  return relation?.kind === "fk-reverse" ? [{ kind: "update", how, model: relation.target, ...at }] : [];
}

const SQL_WRITE = /\b(?:insert\s+into|update(?:\s+only)?|delete\s+from|truncate(?:\s+table)?|copy)\s+("[^"]+"|[\w.]+)/gi;

function sqlWrites({ graph }: RuleInput, parts: readonly (string | null)[], at: Pick<WriteSite, "span" | "symbol">): WriteSite[] {
  const text = parts.map((part) => part ?? " ? ").join("");
  return [...text.matchAll(SQL_WRITE)].map(([whole, table = ""]) => {
    const name = table.replaceAll('"', "").split(".").at(-1) ?? "";
    const model = [...graph.models.values()].find((one) => !one.isAbstract && !one.isProxy && one.table?.name.replaceAll('"', "").split(".").at(-1) === name);
    return { kind: "sql", how: whole.split(/\s/)[0]?.toUpperCase() ?? "SQL", model: model?.label ?? null, ...at };
  });
}

/** What the engine saw of writes whose statement it could not put together. */
function recorded({ facts, graph }: RuleInput): WriteSite[] {
  return facts.writes.flatMap(({ how, model, relation, span, symbol }) => {
    const kind = BY_METHOD[how];
    return kind === undefined || model === null || relation !== null || graph.byLabel(model) === null ? [] : [{ kind, how, model, span, symbol }];
  });
}

/** Foreign keys that refer to a deleted row: theirs go too, or are set to null. */
function cascadesOf({ graph }: RuleInput, { kind, model, span, symbol }: WriteSite): WriteSite[] {
  if (kind !== "delete" || model === null) return [];
  const found = new Set<string>();
  const pending = [model];
  for (let label = pending.pop(); label !== undefined && found.size < MOST_CASCADED; label = pending.pop()) {
    for (const target of referrers(graph.byLabel(label))) {
      if (target === model || found.has(target)) continue;
      found.add(target);
      pending.push(target);
    }
  }
  return [...found].map((target) => ({ kind: "cascade", how: `delete of ${model.split(".").at(-1) ?? model}`, model: target, span, symbol }));
}

/** Of one delete. Ours: beyond that the list is the whole schema. */
const MOST_CASCADED = 30;

function referrers(model: Model | null): string[] {
  if (model === null) return [];
  return [...model.fields.values()].flatMap(({ relation, declaration }) => {
    if (relation?.kind !== "fk-reverse" && relation?.kind !== "o2o-reverse") return [];
    const isLeft =
      declaration?.kind === "call" &&
      declaration.args
        .concat(declaration.keywords.map(({ value }) => value))
        .some((one) => one.kind === "attribute" && /^(?:PROTECT|RESTRICT|DO_NOTHING)$/.test(one.name));
    return isLeft || relation.target === null ? [] : [relation.target];
  });
}

/** Models that the admin site edits: their forms save rows one by one, and its delete action deletes a queryset. */
function adminSites({ program, graph }: RuleInput): WriteSite[] {
  return program.classes.flatMap((cls) => {
    if (cls.module.origin !== "project" || !program.isSubclass(cls, "django.contrib.admin.ModelAdmin")) return [];
    const span = { file: cls.module.ir.file, start: cls.def.start, end: cls.def.headEnd };
    const decorated = cls.def.decorators.flatMap((one) => (one.kind === "call" && isRegister(one.callee) ? one.args : []));
    const registered = [...cls.module.ir.body].flatMap((stmt) => {
      if (stmt.kind !== "expr" || stmt.value.kind !== "call" || !isRegister(stmt.value.callee)) return [];
      const [models, admin] = stmt.value.args;
      return admin?.kind === "name" && admin.name === cls.name && models !== undefined ? [models] : [];
    });
    const named = [...decorated, ...registered].flatMap((one) => (one.kind === "sequence" ? one.items : [one]));
    return named.flatMap((one) => {
      const symbol = one.kind === "name" ? program.resolve(cls.module, one.name) : null;
      const model = symbol?.kind === "class" ? graph.ofClass(symbol.cls) : null;
      return model === null ? [] : [{ kind: "admin" as const, how: "admin", model: model.label, span, symbol: cls.id }];
    });
  });
}

function isRegister(callee: FunctionDef["decorators"][number]): boolean {
  return callee.kind === "attribute" ? callee.name === "register" : callee.kind === "name" && callee.name === "register";
}
