import type { Column, Database, DatabaseDraft, Field, FindingDraft, Model, Rule, Table } from "../../model/index.ts";
import { columnSpots, emptyShare, modelOfTable } from "../database/column-facts.ts";
import { catalogEvidence, catalogGaps } from "../database/evidence.ts";
import { shortName } from "../database/names.ts";
import { listed } from "../names.ts";
import { ownModels } from "../own-models.ts";

/** pg-index-health names three siblings. */
const LEAST_SIBLINGS = 3;
/** Flags come in families that are no list; ours. */
const LEAST_FLAGS = 5;

export const rule: Rule = {
  meta: {
    id: "repeating-columns",
    chapter: "1.1",
    summary: "Numbered columns hold what is one list",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) =>
    ownModels(input).flatMap((model) =>
      familiesOf(fieldsOf(model), input.thresholds)
        .filter(({ members }) => !areNamedApart(members.map(({ field }) => field)))
        .map((family) => sourceDraft(model, family)),
    ),
  judge: ({ database, thresholds }) => {
    const tables = database.tables.filter((table) => table.partitionOf === null);
    return {
      drafts: tables.flatMap((table) => familiesOf(table.columns.map(toNumbered), thresholds).map((family) => databaseDraft(table, family, database))),
      unjudged: catalogGaps(database, "columns"),
      examined: `${tables.length} tables`,
    };
  },
};

interface Numbered {
  readonly name: string;
  /** Siblings are of one type. */
  readonly type: string;
  readonly isFlag: boolean;
}

interface Family<Member extends Numbered> {
  readonly base: string;
  readonly members: readonly Member[];
}

const NUMBER = /^(.+?)_?(\d{1,2})(?:_id)?$/;

/** Parts of one printed address, and the parts of a year or a day, of which there are never more. */
const FIXED = /(?:^|_)(?:line|address|addr|street|q|quarter|month|week|day|hour|period)$/;

/** Vectors are read as a whole. */
const VECTORS: ReadonlySet<string> = new Set(["float4", "float8", "django.db.models.FloatField"]);

function familiesOf<Member extends Numbered>(columns: readonly Member[], thresholds: Readonly<Record<string, number>>): Family<Member>[] {
  const families = new Map<string, Member[]>();
  for (const column of columns) {
    const base = NUMBER.exec(column.name)?.[1];
    if (base !== undefined && !VECTORS.has(column.type)) families.set(`${base}\n${column.type}`, [...(families.get(`${base}\n${column.type}`) ?? []), column]);
  }
  return [...families].flatMap(([key, numbered]) => {
    const [base = ""] = key.split("\n");
    const members = withFirst(base, numbered, columns);
    const least = members.some(({ isFlag }) => isFlag) ? LEAST_FLAGS : (thresholds["repeating-columns"] ?? LEAST_SIBLINGS);
    return base.length > 1 && !FIXED.test(base) && members.length >= least && isCounted(numbered, members.length > numbered.length) ? [{ base, members }] : [];
  });
}

/** `phone`, `phone2`, `phone3`: the first may go without a number. */
function withFirst<Member extends Numbered>(base: string, numbered: readonly Member[], columns: readonly Member[]): Member[] {
  const first = columns.find(({ name, type }) => name === base && type === numbered[0]?.type);
  return first === undefined || numbered.some(({ name }) => numberOf(name) === 1) ? [...numbered] : [first, ...numbered];
}

const numberOf = (name: string): number => Number(NUMBER.exec(name)?.[2] ?? -1);

/** From 0, 1 or 2 on without a hole: `sha1`, `sha256` and `sha512` are no list. */
function isCounted(numbered: readonly Numbered[], hasFirst: boolean): boolean {
  const numbers = numbered.map(({ name }) => numberOf(name)).toSorted((a, b) => a - b);
  const [first = -1] = numbers;
  return (hasFirst ? first === 2 : first === 0 || first === 1) && numbers.every((number, index) => number === first + index);
}

const remedyFor = (base: string): string => `Move them to a model of its own with a foreign key and one \`${base}\` a row.`;
const REASON = "A search must ask every column, an index is needed for each, and one more value needs a migration.";
const DOUBT = "a number of values that is fixed for good, such as two ends of a line, is no list";

// -------------------------------------------------------------------------------------------------------------- source

interface SourceColumn extends Numbered {
  readonly field: Field;
}

/** Each field once, where it is declared. */
function fieldsOf({ fields, cls }: Model): SourceColumn[] {
  return [...fields.values()].flatMap((field) => {
    if (
      field.attname === null ||
      field.primaryKey ||
      field.span.file !== cls.module.ir.file ||
      field.span.start < cls.def.start ||
      field.span.end > cls.def.end
    )
      return [];
    return [{ name: field.name, type: field.relation?.target ?? field.type, isFlag: /\.(?:Boolean|Date|DateTime)Field$/.test(field.type), field }];
  });
}

/** "Very dissatisfied" to "Very satisfied": each number has a meaning of its own, and there is no other. */
function areNamedApart(fields: readonly Field[]): boolean {
  const labels = fields.map(labelOf);
  return labels.every((label) => label !== null) && new Set(labels.map((label) => label?.replaceAll(/\d+/g, ""))).size === labels.length;
}

/** `verbose_name`, translated or not. */
function labelOf({ declaration, relation }: Field): string | null {
  if (declaration?.kind !== "call") return null;
  const said = declaration.keywords.find(({ name }) => name === "verbose_name")?.value ?? (relation === null ? declaration.args[0] : undefined);
  const text = said?.kind === "call" ? said.args[0] : said;
  return text?.kind === "str" ? text.value : null;
}

/** Of a dozen families that were read in projects, the smaller ones were codes, levels of a catalogue and lines of a form; ours. */
const SURELY_A_LIST = 6;

function sourceDraft(model: Model, { base, members }: Family<SourceColumn>): FindingDraft {
  return {
    key: [model.label, base],
    confidence: members.length >= SURELY_A_LIST ? "likely" : "possible",
    claim: `Model \`${model.name}\` keeps a list in ${members.length} numbered fields: ${listed(members.map(({ name }) => name))}.`,
    reason: REASON,
    remedy: remedyFor(base),
    doubt: DOUBT,
    model: model.label,
    places: members.map(({ field }) => ({ role: "definition", span: field.span })),
    fixes: [],
  };
}

// ------------------------------------------------------------------------------------------------------------ database

interface TableColumn extends Numbered {
  readonly column: Column;
}

function toNumbered(column: Column): TableColumn {
  return { name: column.name, type: column.typeName, isFlag: ["bool", "date", "timestamp", "timestamptz"].includes(column.typeName), column };
}

function databaseDraft(table: Table, { base, members }: Family<TableColumn>, database: Database): DatabaseDraft {
  const names = members.map(({ name }) => name);
  const last = members.at(-1)?.column.statistics;
  const empty: Record<string, number> = last == null ? {} : { emptyShareOfLast: Number(emptyShare(last).toPrecision(3)) };
  return {
    key: [shortName(table), base],
    claim: `Table \`${shortName(table)}\` keeps a list in ${members.length} numbered columns: ${listed(names)}.`,
    reason: REASON,
    remedy: remedyFor(base),
    doubt: DOUBT,
    ...modelOfTable(database, table),
    places: columnSpots(database, table, names),
    evidence: [catalogEvidence(database, { columns: members.length, ...empty })],
    fixes: [],
  };
}
