import { addUniqueConstraint } from "../../fixes/migrations/index.ts";
import { quoteName } from "../../fixes/migrations/sql-text.ts";
import type {
  Call,
  Database,
  DatabaseDraft,
  DatabaseInput,
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
import { formatNumber } from "../../model/numbers.ts";
import { nodesIn, type SyntaxNode } from "../../python/syntax-tree.ts";
import { fieldNamed } from "../chains.ts";
import { callAt } from "../code.ts";
import { duplicatesSql } from "../database/duplicates-sql.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { fromSource } from "../database/from-source.ts";
import { rowsOf } from "../database/index-figures.ts";
import { shortName, tableSpot } from "../database/names.ts";
import { listed } from "../names.ts";

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
  check: (input) => lookupsIn(input).map(sourceDraft),
  judge: (input) => {
    const { source } = input;
    if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source: which fields rows are looked up by" }], examined: "" };
    const lookups = lookupsIn(source);
    return {
      drafts: lookups.flatMap((one) => databaseDrafts(one, input)),
      unjudged: [],
      examined: `${lookups.length} models that rows are looked up or created in`,
    };
  },
};

/** All calls that look up rows of one model by the same fields. */
interface Lookup {
  readonly model: Model;
  readonly fields: readonly Field[];
  readonly writes: readonly Write[];
}

const METHODS: ReadonlySet<string> = new Set(["get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create"]);

/** What the new row gets beside the fields that it is looked up by. */
const VALUES: ReadonlySet<string> = new Set(["defaults", "create_defaults"]);

/** What tests and their helpers make, nobody else makes at the same moment. */
const TEST_CODE = /(?:^|\/)(?:tests?|testing|test_utils)\/|(?:^|\/)(?:test_[^/]*|[^/]*_tests?|tests?|conftest|factories)\.py$/;

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
    const fields = METHODS.has(write.how) && !TEST_CODE.test(write.span.file) ? fieldsOf(write, input) : null;
    const model = write.model === null ? null : input.graph.byLabel(write.model);
    if (model === null || fields === null || model.cls.module.origin !== "project" || isUnique(model, fields) || isUniqueAtTimes(model, fields)) continue;
    const key = [model.concrete, ...fields.map(({ name }) => name).toSorted()].join(" ");
    const before = found.get(key);
    if (before?.writes.some(({ span }) => span.file === write.span.file && span.start === write.span.start) === true) continue;
    found.set(key, { model, fields, writes: [...(before?.writes ?? []), write] });
  }
  return [...found.values()];
}

/** Fields of the lookup as written; null where it is not all there: `**lookup`, a related manager, a path, a transform. */
function fieldsOf(write: Write, input: RuleInput): Field[] | null {
  const model = write.model === null ? null : input.graph.byLabel(write.model);
  const call = callAt(input, write.span);
  if (model === null || call === null || write.relation !== null || !isOnManager(call)) return null;
  const names = call.keywords.map(({ name }) => name).filter((name) => !VALUES.has(name));
  const fields = names.map((name) => (name === "" || name.includes("__") ? null : fieldNamed(model, name)));
  return fields.length === 0 || fields.some((field) => field === null || field.attname === null || isLongText(field))
    ? null
    : fields.flatMap((field) => field ?? []);
}

/** Names and codes are shorter; of longer text an index entry may not fit on its page, and the same words in two rows are no mistake. */
const MAX_KEY_LENGTH = 255;

function isLongText({ type, declaration }: Field): boolean {
  if (type.endsWith(".TextField")) return true;
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

function sourceDraft({ model, fields, writes }: Lookup): FindingDraft {
  const [first] = writes;
  const method = first?.how ?? "get_or_create";
  const unique =
    fields.length === 1
      ? `\`unique=True\` to \`${namesOf(fields)}\``
      : `\`UniqueConstraint(fields=[${fields.map(({ name }) => `"${name}"`).join(", ")}], name=…)\``;
  return {
    key: [model.label, ...fields.map(({ name }) => name).toSorted()],
    claim: `\`${method}()\` looks up \`${model.name}\` by ${listed(fields.map(({ name }) => name))}, which no unique constraint covers.`,
    reason:
      "Two requests at once both find nothing and both insert. From then on the lookup raises MultipleObjectsReturned. Each lookup also needs an index that the constraint would bring.",
    remedy: `Remove the double rows, then add ${unique}.`,
    doubt: fields.some((field) => field.null)
      ? "NULL equals nothing in a unique constraint (nulls_distinct=False makes it); a lock held around the call keeps others out"
      : "a lock held around the call, or a single writer, keeps others out",
    model: model.label,
    places: [...writes.slice(0, 5).map(({ span }): Spot => ({ role: "write", span })), ...fields.map(({ span }): Spot => ({ role: "definition", span }))],
    fixes: [],
  };
}

// ------------------------------------------------------------------------------------------------------------ database

/** The catalog has the last word: a constraint may have been made by SQL. */
function databaseDrafts(lookup: Lookup, input: DatabaseInput): DatabaseDraft[] {
  const { database } = input;
  const table = database.tableOf(lookup.model);
  if (table === null) return fromSource([sourceDraft(lookup)], `the snapshot has no table of ${lookup.model.label}`);
  const columns = lookup.fields.map(({ column, attname, name }) => column ?? attname ?? name);
  return database.indexesOf(table).some((index) => keepsApart(index, columns)) ? [] : [databaseDraft(lookup, { table, columns }, input)];
}

function keepsApart({ unique, valid, predicate, keys }: Index, columns: readonly string[]): boolean {
  return unique && valid && predicate === null && keys.every(({ column }) => column !== null && columns.includes(column));
}

/** The columns that rows are looked up by. */
interface Key {
  readonly table: Table;
  readonly columns: readonly string[];
}

function databaseDraft(lookup: Lookup, key: Key, input: DatabaseInput): DatabaseDraft {
  const { database } = input;
  const { table, columns } = key;
  const draft = sourceDraft(lookup);
  const rows = rowsOf(table, database);
  const size: Record<string, number> = rows === null ? {} : { rows: Math.round(rows) };
  return {
    ...draft,
    reason: rows === null ? draft.reason : `${draft.reason} The table has about ${formatNumber(Math.round(rows))} rows.`,
    remedy: `Remove the double rows, which \`${equalRows(key, database)}\` lists: while there are some, the constraint cannot be built. ${draft.remedy.replace(/^Remove the double rows, then add/, "Then add")}`,
    places: [tableSpot(table, `no unique index within (${namesOf(lookup.fields)})`), ...draft.places],
    evidence: [{ ...catalogEvidence(database, size), table: shortName(table) }],
    fixes: [addUniqueConstraint(input, table, { columns })],
  };
}

/** NULL equals nothing, so that such rows do not stand in the way. */
function equalRows({ table, columns }: Key, database: Database): string {
  const nullable = columns.filter((column) => database.column(table, column)?.notNull !== true);
  return duplicatesSql(
    table,
    columns.map(quoteName),
    nullable.map((column) => `${quoteName(column)} IS NOT NULL`),
  );
}
