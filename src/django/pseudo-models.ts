import type { ClassDef } from "../model/ir.ts";
import { createClass } from "../python/program-scope.ts";
import { builtinField, type LocalField, noRelation } from "./local-fields.ts";
import type { ConstantValue } from "../python/constant.ts";
import type { Draft } from "./model-drafts.ts";
import type { ModelOptions } from "./model-options.ts";
import { type Table, throughLabel } from "./reverse-fields.ts";
import { stripQuotes, truncateName } from "../model/generated-names.ts";
import { tableName } from "./model-table.ts";

const noOptions: ModelOptions = {
  isAbstract: false,
  isProxy: false,
  meta: null,
  expression: () => null,
  constant: () => undefined,
};

const historyOrdering = ["-history_date", "-history_id"];
const historyOptions: ModelOptions = {
  ...noOptions,
  constant: (name) => (name === "ordering" ? { kind: "list", items: historyOrdering, isComplete: true } : undefined),
};

/** The through models that Django makes for many-to-many fields that name none. */
export function createThroughModels(tables: readonly Table[]): readonly Table[] {
  return tables.flatMap(({ draft, fields }) =>
    draft.isAbstract
      ? []
      : [...fields.values()].flatMap((field) => {
          const target = field.relation?.target;
          const label = throughLabel(draft, field);
          return target && label && !field.relation.hasThrough ? [throughTable(draft, field, target)] : [];
        }),
  );
}

type Ends = readonly [from: string, to: string];

function throughTable(draft: Draft, field: LocalField, target: Draft): Table {
  const [from, to] = [draft.name.toLowerCase(), target.name.toLowerCase()];
  const names: Ends = draft === target ? [`from_${from}`, `to_${to}`] : [from, to];
  const pseudo = { ...pseudoDraft(draft, `${draft.name}_${field.name}`, field), options: throughOptions(draft, field, names) };
  return tableOf(pseudo, [foreignKey(pseudo, names[0], draft), foreignKey(pseudo, names[1], target)]);
}

/** `db_table` of the field, or the owner's table and the field's name; both ends together are unique. */
function throughOptions(draft: Draft, { name, declaration }: LocalField, ends: Ends): ModelOptions {
  const said = declaration?.kind === "call" ? declaration.keywords.find((one) => one.name === "db_table")?.value : undefined;
  const table = said?.kind === "str" ? said.value : truncateName(`${stripQuotes(tableName(draft))}_${name}`);
  const unique: ConstantValue = { kind: "list", items: [{ kind: "list", items: ends, isComplete: true }], isComplete: true };
  return { ...noOptions, constant: (option) => (option === "db_table" ? table : option === "unique_together" ? unique : undefined) };
}

/** simple_history: a model per tracked model, with a copy of each column and who changed it when. */
export function createHistoryModels(tables: readonly Table[], user: Draft | null): readonly Table[] {
  return tables.flatMap(({ draft, fields }) => {
    const records = [...fields.values()].find((field) => field.relation?.kind === "history");
    if (!records || draft.isAbstract || draft.isProxy) return [];
    const pseudo = { ...pseudoDraft(draft, `Historical${draft.name}`, records), options: historyOptions };
    const copies = [...fields.values()].flatMap((field) => copyField(field));
    return [tableOf(pseudo, [...copies, ...historyFields(pseudo, user)], "history_id")];
  });
}

function copyField(field: LocalField): readonly LocalField[] {
  const plain = { ...field, primaryKey: false, unique: false, indexed: field.indexed };
  if (!field.relation) return [{ ...plain, unique: false }];
  if (field.attname === null) return [];
  return [{ ...plain, null: true, relation: { ...field.relation, kind: "fk" as const, relatedName: "+" } }];
}

function historyFields(pseudo: Draft, user: Draft | null): readonly LocalField[] {
  const column = (name: string, type: string): LocalField => ({
    ...builtinField(pseudo.cls, name, `django.db.models.${type}`),
    unique: false,
    indexed: name === "history_date",
  });
  const columns = [
    column("history_date", "DateTimeField"),
    { ...column("history_change_reason", "CharField"), null: true },
    column("history_type", "CharField"),
  ];
  return user ? [...columns, { ...foreignKey(pseudo, "history_user", user), null: true }] : columns;
}

function tableOf(draft: Draft, fields: readonly LocalField[], key = "id"): Table {
  const id = {
    ...builtinField(draft.cls, key, "django.db.models.AutoField"),
    primaryKey: true,
  };
  return { draft, fields: new Map([id, ...fields].map((field) => [field.name, field])) };
}

function foreignKey(pseudo: Draft, name: string, target: Draft): LocalField {
  return {
    ...builtinField(pseudo.cls, name, "django.db.models.ForeignKey"),
    attname: `${name}_id`,
    column: `${name}_id`,
    dbIndex: true,
    dbConstraint: true,
    unique: false,
    relation: { ...noRelation, kind: "fk", target, relatedName: "+" },
  };
}

function pseudoDraft(owner: Draft, name: string, { span }: LocalField): Draft {
  const { module } = owner.cls;
  const def: ClassDef = {
    kind: "class",
    name,
    bases: [],
    keywords: [],
    decorators: [],
    body: [],
    start: span.start,
    end: span.end,
    headEnd: span.end,
  };
  return {
    cls: createClass(module, def, null, `${module.name}.${name}`),
    name,
    app: owner.app,
    label: `${owner.app}.${name}`,
    isAbstract: false,
    isProxy: false,
    options: noOptions,
    own: new Map(),
    ownManagers: [],
  };
}
