import { addUniqueConstraint, type Comparison } from "../../fixes/migrations/index.ts";
import { conditionSql } from "../../fixes/migrations/condition.ts";
import { quoteName } from "../../fixes/migrations/sql-text.ts";
import type {
  Call,
  Database,
  DatabaseDraft,
  DatabaseInput,
  Expr,
  Field,
  FindingDraft,
  Index,
  Model,
  Rule,
  RuleInput,
  Spot,
  Table,
  Write,
} from "../../model/index.ts";
import { isAtLeast } from "../../model/django-at-least.ts";
import { formatNumber } from "../../model/numbers.ts";
import { nodesIn, type SyntaxNode } from "../../python/syntax-tree.ts";
import { fieldNamed } from "../chains.ts";
import { callAt } from "../code.ts";
import { isRunByCommandsAlone } from "../command-files.ts";
import { duplicatesSql } from "../database/duplicates-sql.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { fromSource } from "../database/from-source.ts";
import { rowsOf } from "../database/index-figures.ts";
import { shortName, tableSpot } from "../database/names.ts";
import { listed } from "../names.ts";
import { isTestFile } from "../test-files.ts";

export const rule: Rule = {
  meta: {
    id: "missing-natural-key",
    chapter: "1.1",
    summary: "get_or_create() looks rows up by fields without a unique constraint",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => {
    const lookups = lookupsIn(input);
    return lookups.map((one) => sourceDraft(one, lookups, input));
  },
  judge: (input) => {
    const { source } = input;
    if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source: which fields rows are looked up by" }], examined: "" };
    const lookups = lookupsIn(source);
    return {
      drafts: lookups.flatMap((one) => databaseDrafts(one, lookups, { ...input, source })),
      unjudged: [],
      examined: `${lookups.length} models that rows are looked up or created in`,
    };
  },
};

/** All calls that look up rows of one model by the same fields. */
interface Lookup {
  readonly model: Model;
  readonly fields: readonly Field[];
  /** Of the fields those that tell of a state, which all calls give the same: the others name the row while it is in it. */
  readonly states: ReadonlyMap<Field, State>;
  /** Each call gives each field a value that it writes out, not all of them states: it means one row that the code knows. */
  readonly namesOneRow: boolean;
  readonly writes: readonly Write[];
}

/** `is_draft=True`; null for None. */
type State = string | number | boolean | null;

const METHODS: ReadonlySet<string> = new Set(["get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create"]);

/** What the new row gets beside the fields that it is looked up by. */
const VALUES: ReadonlySet<string> = new Set(["defaults", "create_defaults"]);

const GUARDS = ["save", "clean", "full_clean", "validate_unique"];

/** `if not self.prize.again and Win.objects.filter(user=…, prize=…).exists(): raise`: there are rows that must not be unique. */
function isUniqueAtTimes({ cls }: Model, fields: readonly Field[]): boolean {
  const guards = GUARDS.flatMap((name) => cls.members.get(name) ?? []).flatMap((one) => (one.kind === "function" ? [one.def] : []));
  return guards
    .flatMap((def) => [...nodesIn(def)])
    .some((node) => {
      if (node.kind === "bool") return asksFor(node, fields);
      return node.kind === "if" && node.then.some((stmt) => asksFor(stmt, fields));
    });
}

function asksFor(node: SyntaxNode, fields: readonly Field[]): boolean {
  return [...nodesIn(node)].some(
    (one) => one.kind === "call" && fields.every(({ name, attname }) => one.keywords.some((said) => said.name === name || said.name === attname)),
  );
}

function lookupsIn(input: RuleInput): Lookup[] {
  const found = new Map<string, Lookup>();
  for (const write of input.facts.writes) {
    const given = METHODS.has(write.how) && !isTestFile(write.span.file) ? fieldsOf(write, input) : null;
    const fields = given === null ? null : [...given.keys()];
    const model = write.model === null ? null : input.graph.byLabel(write.model);
    if (
      model === null ||
      given === null ||
      fields === null ||
      model.cls.module.origin !== "project" ||
      isUnique(model, fields) ||
      isUniqueAtTimes(model, fields)
    )
      continue;
    const key = [model.concrete, ...fields.map(({ name }) => name).toSorted()].join(" ");
    const before = found.get(key);
    if (before?.writes.some(({ span }) => span.file === write.span.file && span.start === write.span.start) === true) continue;
    const states = statesOf(given);
    found.set(key, {
      model,
      fields: before?.fields ?? fields,
      states: before === undefined ? states : sharedBy(before.states, states),
      namesOneRow: before?.namesOneRow !== false && states.size < given.size && [...given.values()].every(isWrittenOut),
      writes: [...(before?.writes ?? []), write],
    });
  }
  return [...found.values()];
}

/** `unique=False` is the default: who writes it out has thought of it. */
function isDeclaredNotUnique({ declaration }: Field): boolean {
  return (
    declaration?.kind === "call" && declaration.keywords.some(({ name, value }) => name === "unique" && value.kind === "constant" && value.value === "false")
  );
}

/** As it stands, or by the name of a constant or a setting. */
function isWrittenOut(value: Expr): boolean {
  if (value.kind === "name" || value.kind === "attribute") return CONSTANT.test(value.name);
  return value.kind === "str" || value.kind === "num" || value.kind === "constant";
}

const CONSTANT = /^[A-Z][A-Z0-9_]+$/;

/** What no row is named by: a truth, NULL, one of a field's choices. */
function statesOf(given: ReadonlyMap<Field, Expr>): Map<Field, State> {
  const states = [...given].flatMap(([field, value]): [Field, State][] => {
    if (value.kind === "constant" && value.value !== "ellipsis") return [[field, value.value === "none" ? null : value.value === "true"]];
    return hasChoices(field) && (value.kind === "str" || value.kind === "num") ? [[field, value.value]] : [];
  });
  return new Map(states);
}

const hasChoices = ({ declaration }: Field): boolean =>
  declaration?.kind === "call" && declaration.keywords.some(({ name, value }) => name === "choices" && value.kind !== "constant");

function sharedBy(some: ReadonlyMap<Field, State>, others: ReadonlyMap<Field, State>): Map<Field, State> {
  return new Map([...some].filter(([field, state]) => others.has(field) && others.get(field) === state));
}

/** Fields of the lookup and what they are given, as written; null where it is not all there: `**lookup`, a related manager, a path, a transform. */
function fieldsOf(write: Write, input: RuleInput): Map<Field, Expr> | null {
  const model = write.model === null ? null : input.graph.byLabel(write.model);
  const call = callAt(input, write.span);
  if (model === null || call === null || write.relation !== null || !isOnManager(call)) return null;
  const fields = new Map<Field, Expr>();
  for (const { name, value } of call.keywords) {
    if (VALUES.has(name)) continue;
    const field = name === "" || name.includes("__") ? null : fieldNamed(model, name);
    if (field === null || field.attname === null || isLongText(field)) return null;
    fields.set(field, value);
  }
  return fields.size === 0 ? null : fields;
}

/** Names and codes are shorter; of longer text an index entry may not fit on its page, and the same words in two rows are no mistake. */
const MAX_KEY_LENGTH = 255;

function isLongText({ type, declaration }: Field): boolean {
  if (/\.(?:Text|JSON)Field$/.test(type)) return true;
  const said = declaration?.kind === "call" ? declaration.keywords.find(({ name }) => name === "max_length")?.value : undefined;
  return said?.kind === "num" && said.value > MAX_KEY_LENGTH;
}

/** `Tag.objects.get_or_create()`, and not `tags.filter(…).get_or_create()`, where the filter looks up too. */
function isOnManager({ callee, args }: Call): boolean {
  return args.length === 0 && callee.kind === "attribute" && callee.object.kind === "attribute" && callee.object.object.kind !== "call";
}

/** A unique set within the lookup is enough. What Meta says that was not read may be it. */
function isUnique({ uniqueTogether, table }: Model, fields: readonly Field[]): boolean {
  const names = new Set(fields.map(({ name }) => name));
  if (fields.some(({ unique, primaryKey, relation }) => unique || primaryKey || relation?.kind === "o2o")) return true;
  if (uniqueTogether.some((set) => set.every((name) => names.has(name)))) return true;
  return (
    table?.isComplete === false ||
    table?.isManaged === false ||
    table?.constraints.some(({ kind, expressions, hasCondition }) => kind === "UniqueConstraint" && (expressions > 0 || hasCondition)) === true
  );
}

const namesOf = (fields: readonly Field[]): string => fields.map(({ name }) => name).join(", ");

/** The same rows are looked up by less elsewhere: what comes on top are values. */
function narrowerThan({ model, fields }: Lookup, all: readonly Lookup[]): Lookup | null {
  const isWithin = (other: Lookup): boolean => other.fields.length < fields.length && other.fields.every((field) => fields.includes(field));
  return (
    all
      .filter((other) => other.model.concrete === model.concrete && !other.namesOneRow && isWithin(other))
      .toSorted((a, b) => a.fields.length - b.fields.length)[0] ?? null
  );
}

/** Fields that no two rows may share, while they are in the states that the lookup names. */
function keyOf({ fields, states }: Lookup): Field[] {
  const naming = fields.filter((field) => !states.has(field));
  return naming.length === 0 ? fields.slice(0, 1) : naming;
}

function constraintText(lookup: Lookup, input: RuleInput): string {
  const key = keyOf(lookup);
  const [only, ...others] = key;
  const hides = hidesRows(lookup, input);
  const empty = key.filter(isOptionalText);
  const terms = [...lookup.states].map(([{ name }, state]) => (state === null ? `${name}__isnull=True` : `${name}=${stateText(state)}`));
  const conditions = [...(terms.length === 0 ? [] : [`Q(${terms.join(", ")})`]), ...empty.map(({ name }) => `~Q(${name}="")`)];
  if (conditions.length === 0 && !hides && only !== undefined && others.length === 0) return `\`unique=True\` to \`${only.name}\``;
  if (input.project.djangoVersion !== null && !isAtLeast(input.project.djangoVersion, 2, 2)) {
    return conditions.length === 0 && !hides
      ? `\`(${key.map(({ name }) => `"${name}"`).join(", ")})\` to \`unique_together\``
      : "a unique index with a condition, by `RunSQL` in a migration (`UniqueConstraint` is of Django 2.2)";
  }
  const condition = conditions.length === 0 ? "" : `condition=${conditions.join(" & ")}, `;
  return `\`UniqueConstraint(fields=[${key.map(({ name }) => `"${name}"`).join(", ")}], ${condition}name=…)\`${hides ? HIDDEN : ""}`;
}

/** Rows that no lookup finds, and that a constraint on all rows would hold against it. */
const HIDDEN = ", with the condition by which the manager hides rows";

function stateText(state: string | number | boolean): string {
  if (typeof state === "boolean") return state ? "True" : "False";
  return typeof state === "number" ? String(state) : `"${state}"`;
}

/** A text that forms may leave empty. */
function isOptionalText({ null: isNullable, relation, type, declaration }: Field): boolean {
  if (isNullable || relation !== null || !/(?:Char|Slug|Email|URL)Field$/.test(type) || declaration?.kind !== "call") return false;
  return declaration.keywords.some(({ name, value }) => name === "blank" && value.kind === "constant" && value.value === "true");
}

/** The manager's own `get_queryset()` leaves rows out. */
function hidesRows({ model, writes }: Lookup, input: RuleInput): boolean {
  return writes.some((write) => {
    const callee = callAt(input, write.span)?.callee;
    const name = callee?.kind === "attribute" && callee.object.kind === "attribute" ? callee.object.name : "";
    const manager = model.managers.get(name)?.manager ?? null;
    const found = manager === null ? null : input.program.member(manager, "get_queryset");
    if (found?.definition.kind !== "function" || found.owner.module.origin === "builtin") return false;
    return [...nodesIn(found.definition.def)].some(
      (node) => node.kind === "call" && node.callee.kind === "attribute" && (node.callee.name === "filter" || node.callee.name === "exclude"),
    );
  });
}

const DOUBLE_ROWS = "Remove the double rows";

function sourceDraft(lookup: Lookup, all: readonly Lookup[], input: RuleInput): FindingDraft {
  const { model, fields, writes } = lookup;
  const [first] = writes;
  const method = first?.how ?? "get_or_create";
  const narrower = narrowerThan(lookup, all);
  const isOfCommands = writes.every(({ span }) => isRunByCommandsAlone(input.program, span.file));
  // A field that is not unique alone may be so beside others.
  const onPurpose = fields.length === 1 ? fields.find(isDeclaredNotUnique) : undefined;
  return {
    key: [model.label, ...fields.map(({ name }) => name).toSorted()],
    ...(isOfCommands || lookup.namesOneRow || onPurpose !== undefined ? { confidence: "possible" as const } : {}),
    claim: `\`${method}()\` looks up \`${model.name}\` by ${listed(fields.map(({ name }) => name))}, which no unique constraint covers.`,
    reason: `Two ${isOfCommands ? "runs" : "requests"} at once both find nothing and both insert. From then on the lookup raises MultipleObjectsReturned.${fields.some(({ relation }) => relation !== null) ? "" : " Each lookup also needs an index that the constraint would bring."}`,
    remedy:
      narrower === null
        ? `${DOUBLE_ROWS}, then add ${constraintText(lookup, input)}.`
        : `Look it up by ${listed(narrower.fields.map(({ name }) => name))} alone, as is done elsewhere, and give the rest as \`defaults\`. ${DOUBLE_ROWS}, then add ${constraintText(narrower, input)}.`,
    doubt: lookup.namesOneRow
      ? "a row whose values the code writes out is made once, and found from then on"
      : onPurpose !== undefined
        ? `the model says of \`${onPurpose.name}\` that it is not unique`
        : fields.some((field) => field.null && lookup.states.get(field) !== null)
          ? "NULL equals nothing in a unique constraint (nulls_distinct=False makes it); a lock held around the call keeps others out"
          : "a lock held around the call, or a single writer, keeps others out",
    model: model.label,
    places: [
      ...writes.slice(0, 5).map(({ span }): Spot => ({ role: "write", span })),
      ...(narrower?.writes.slice(0, 1) ?? []).map(({ span }): Spot => ({ role: "write", span, label: "looks it up by less" })),
      ...fields.map(({ span }): Spot => ({ role: "definition", span })),
    ],
    fixes: [],
  };
}

// ------------------------------------------------------------------------------------------------------------ database

/** The catalog has the last word: a constraint may have been made by SQL. */
function databaseDrafts(lookup: Lookup, all: readonly Lookup[], input: DatabaseInput & { readonly source: RuleInput }): DatabaseDraft[] {
  const { database } = input;
  const draft = sourceDraft(lookup, all, input.source);
  const narrower = narrowerThan(lookup, all);
  const table = database.tableOf(lookup.model);
  if (table === null) return fromSource([draft], `the snapshot has no table of ${lookup.model.label}`);
  const columns = lookup.fields.map(columnOf);
  const keepsSome = lookup.states.size > 0;
  return database.indexesOf(table).some((index) => keepsApart(index, columns, keepsSome))
    ? []
    : [databaseDraft(draft, narrower ?? lookup, { table, input, isOfNarrower: narrower !== null, isHidden: hidesRows(lookup, input.source) })];
}

const columnOf = ({ column, attname, name }: Field): string => column ?? attname ?? name;

/** A partial one may be of the states that the lookup names: what its predicate says is not compared. */
function keepsApart({ unique, valid, predicate, keys }: Index, columns: readonly string[], keepsSome: boolean): boolean {
  return unique && valid && (predicate === null || keepsSome) && keys.every(({ column }) => column !== null && columns.includes(column));
}

interface At {
  readonly table: Table;
  readonly input: DatabaseInput;
  /** The finding of the narrower lookup has the fix. */
  readonly isOfNarrower: boolean;
  /** What the manager's condition is, was not read. */
  readonly isHidden: boolean;
}

function databaseDraft(draft: FindingDraft, lookup: Lookup, { table, input, isOfNarrower, isHidden }: At): DatabaseDraft {
  const { database } = input;
  const columns = keyOf(lookup).map(columnOf);
  const condition = [
    ...[...lookup.states].map(([field, state]): Comparison =>
      state === null ? { column: columnOf(field), operator: "is null" } : { column: columnOf(field), operator: "=", value: state },
    ),
    ...keyOf(lookup)
      .filter(isOptionalText)
      .map((field): Comparison => ({ column: columnOf(field), operator: "<>", value: "" })),
  ];
  const rows = rowsOf(table, database);
  const size: Record<string, number> = rows === null ? {} : { rows: Math.round(rows) };
  const found = duplicatesSql(table, columns.map(quoteName), [
    ...equalRows(columns, table, database),
    ...(condition.length === 0 ? [] : [conditionSql(condition)]),
  ]);
  return {
    ...draft,
    reason: rows === null ? draft.reason : `${draft.reason} The table has about ${formatNumber(Math.round(rows))} rows.`,
    remedy: draft.remedy.replace(
      `${DOUBLE_ROWS}, then add`,
      `${DOUBLE_ROWS}, which \`${found}\` lists: while there are some, the constraint cannot be built. Then add`,
    ),
    places: [tableSpot(table, `no unique index within (${namesOf(keyOf(lookup))})`), ...draft.places],
    evidence: [{ ...catalogEvidence(database, size), table: shortName(table) }],
    fixes: isOfNarrower || isHidden ? [] : [addUniqueConstraint(input, table, { columns, ...(condition.length === 0 ? {} : { condition }) })],
  };
}

/** NULL equals nothing, so that such rows do not stand in the way. */
function equalRows(columns: readonly string[], table: Table, database: Database): string[] {
  return columns.filter((column) => database.column(table, column)?.notNull !== true).map((column) => `${quoteName(column)} IS NOT NULL`);
}
