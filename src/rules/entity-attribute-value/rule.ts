import type { ChainCall, Database, DatabaseDraft, Field, FindingDraft, Model, Rule, RuleInput, Table } from "../../model/index.ts";
import { formatCount } from "../../model/numbers.ts";
import { attributeTable, isAttributeName, isAttributeValue, MOST_ATTRIBUTE_COLUMNS, type AttributeTable } from "../database/attribute-table.ts";
import { columnSpots, modelOfTable } from "../database/column-facts.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { distinctValues, rowsOf } from "../database/index-figures.ts";
import { shortName } from "../database/names.ts";
import { sentFrom, statementEvidence, statementName, statementSpot } from "../database/statement-places.ts";
import { dearestFirst, positionsIn, readsOf, sumOf, type ShapedStatement } from "../database/statement-shapes.ts";
import { chainsIn, fieldNamed, type Chain } from "../chains.ts";
import { shapesIn } from "../../sql/compare-shapes.ts";
import { ownModels } from "../own-models.ts";

/** This project's notes (2.a.5) ask for three self-joins in any table; in one of this form two are proof. */
const LEAST_APPEARANCES = 2;
/** Names of attributes are few and each is used again. Ours. */
const MOST_NAMES = 200;
const LEAST_USES = 10;

export const rule: Rule = {
  meta: {
    id: "entity-attribute-value",
    chapter: "1.1",
    summary: "A table keeps attributes as rows of name and value",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => {
    const joins = selfJoins(input);
    const models = ownModels(input).flatMap((model) => attributeModels(model));
    return [
      ...models.map((one) =>
        modelDraft(
          one,
          joins.some(({ model }) => model === one.model),
        ),
      ),
      ...joins.map((one) => chainDraft(one)),
    ];
  },
  judge: ({ database, source, thresholds }) => {
    const tables = database.tables
      .filter((table) => table.partitionOf === null)
      .flatMap((table) => {
        const roles = attributeTable(table, database);
        return roles === null ? [] : [{ table, roles, joined: selfJoined(table, database, thresholds["entity-attribute-value"] ?? LEAST_APPEARANCES) }];
      });
    const written = source === null ? [] : selfJoins(source).map((one) => withStatements(one, tables, database));
    const seen = new Set(written.flatMap(({ model }) => (model === undefined ? [] : [model])));
    return {
      drafts: [
        ...tables.map((one) => tableDraft(one, database)),
        ...written,
        ...tables
          .filter(({ table }) => !seen.has(database.modelOf(table)?.label ?? ""))
          .flatMap(({ table, joined }) => joined.map((one) => joinDraft(one, table, database))),
      ],
      unjudged: [],
      examined: `${database.tables.length} tables`,
    };
  },
};

const REMEDY = "Make the attributes that are asked for columns, or keep them in a `JSONField` with a GIN index.";
const REASON = "Every attribute in a condition is one more join of the table with itself, values have one type, and no constraint can name an attribute.";
const DOUBT = "attributes that users invent, and that no query filters by, are well kept as rows";

// -------------------------------------------------------------------------------------------------------------- source

interface AttributeModel {
  readonly model: Model;
  readonly name: Field;
  readonly value: Field;
}

const TEXTS = /\.(?:CharField|TextField|SlugField)$/;

function attributeModels(model: Model): AttributeModel[] {
  const columns = [...model.fields.values()].filter((field) => field.attname !== null);
  const keys = columns.filter(({ relation }) => relation !== null);
  const texts = columns.filter(({ type, relation, unique }) => relation === null && !unique && TEXTS.test(type));
  const value = texts.find((field) => isAttributeValue(field.name));
  const name = texts.find((field) => field !== value && isAttributeName(field.name));
  const [entity] = keys;
  if (entity?.relation?.kind !== "fk" || keys.length > 1 || columns.length > MOST_ATTRIBUTE_COLUMNS || model.isAbstract) return [];
  return name === undefined || value === undefined ? [] : [{ model, name, value }];
}

function modelDraft({ model, name, value }: AttributeModel, isJoined: boolean): FindingDraft {
  return {
    key: [model.label],
    confidence: isJoined ? "likely" : "possible",
    claim: `Model \`${model.name}\` keeps attributes as rows: the name in \`${name.name}\`, the value in \`${value.name}\`.`,
    reason: REASON,
    remedy: REMEDY,
    doubt: DOUBT,
    model: model.label,
    places: [
      { role: "definition", span: name.span },
      { role: "definition", span: value.span },
    ],
    fixes: [],
  };
}

interface SelfJoin {
  readonly chain: Chain;
  readonly model: Model;
  readonly relation: string;
  readonly times: number;
}

/** Each `filter()` over a to-many relation joins it anew: two that compare the name and the value are a self-join. */
function selfJoins(input: RuleInput): SelfJoin[] {
  return chainsIn(input).flatMap((chain) => {
    const uses = chain.calls.filter(({ name }) => name === "filter").flatMap((call) => attributeUses(call, chain, input));
    const relations = [...new Set(uses.map(({ relation }) => relation))];
    return relations.flatMap((relation) => {
      const same = uses.filter((one) => one.relation === relation);
      const [first] = same;
      return first === undefined || same.length < LEAST_APPEARANCES ? [] : [{ chain, model: first.model, relation, times: same.length }];
    });
  });
}

function attributeUses(call: ChainCall, chain: Chain, input: RuleInput): { readonly relation: string; readonly model: Model }[] {
  const paths = call.keywords.map(({ name }) => name.split("__")).filter((parts) => parts.length >= 2);
  const relations = new Set(paths.map(([relation = ""]) => relation));
  return [...relations].flatMap((relation) => {
    const field = fieldNamed(chain.model, relation);
    const model = field?.relation?.kind === "fk-reverse" && field.relation.target !== null ? input.graph.byLabel(field.relation.target) : null;
    const [attributes] = model === null ? [] : attributeModels(model);
    const columns = new Set(paths.filter(([first]) => first === relation).map(([, column = ""]) => column));
    return attributes !== undefined && columns.has(attributes.name.name) && columns.has(attributes.value.name) ? [{ relation, model: attributes.model }] : [];
  });
}

function chainDraft({ chain, model, relation, times }: SelfJoin): FindingDraft {
  return {
    key: [chain.origin.symbol, model.label, relation],
    claim: `The query joins \`${model.name}\` ${times} times, once for each attribute that it asks for.`,
    reason: REASON,
    remedy: REMEDY,
    doubt: DOUBT,
    model: model.label,
    relation,
    places: [{ role: "queryset", span: chain.span }],
    fixes: [],
  };
}

// ------------------------------------------------------------------------------------------------------------ database

interface FoundTable {
  readonly table: Table;
  readonly roles: AttributeTable;
  readonly joined: readonly ShapedStatement[];
}

function selfJoined(table: Table, database: Database, least: number): ShapedStatement[] {
  return dearestFirst(readsOf(table, database).filter(({ shape }) => shapesIn(shape).some((one) => positionsIn(one, table).length >= least)));
}

/** Few names, each used often, or a statement that asks for several at once. */
function isSure({ table, roles, joined }: FoundTable, database: Database): boolean {
  if (joined.length > 0) return true;
  const rows = rowsOf(table, database);
  const statistics = database.column(table, roles.name)?.statistics;
  const names = statistics == null || rows === null ? null : distinctValues(statistics, rows);
  return names !== null && rows !== null && names <= MOST_NAMES && rows >= names * LEAST_USES;
}

function tableDraft(one: FoundTable, database: Database): DatabaseDraft {
  const { table, roles, joined } = one;
  const rows = rowsOf(table, database);
  const calls = sumOf(joined, (statement) => statement.calls);
  return {
    key: [shortName(table)],
    confidence: isSure(one, database) ? "likely" : "possible",
    claim: `Table \`${shortName(table)}\` keeps attributes as rows: the name in \`${roles.name}\`, the value in \`${roles.value}\`.`,
    reason: joined.length === 0 ? REASON : `${REASON} Here ${formatCount(calls, "call")} joined it with itself.`,
    remedy: REMEDY,
    doubt: DOUBT,
    ...modelOfTable(database, table),
    places: columnSpots(database, table, [roles.name, roles.value]),
    evidence: [catalogEvidence(database, rows === null ? {} : { rows: Math.round(rows) })],
    fixes: [],
  };
}

function joinDraft({ statement, shape }: ShapedStatement, table: Table, database: Database): DatabaseDraft {
  const times = Math.max(...shapesIn(shape).map((one) => positionsIn(one, table).length));
  return {
    key: [shortName(table), statement.id],
    claim: `${statementName(statement)} joins \`${shortName(table)}\` ${times} times, once for each attribute: ${formatCount(statement.calls, "call")}.`,
    reason: REASON,
    remedy: REMEDY,
    doubt: DOUBT,
    ...modelOfTable(database, table),
    places: [statementSpot(statement), ...columnSpots(database, table, []), ...sentFrom(statement)],
    evidence: [statementEvidence(database, statement)],
    fixes: [],
  };
}

function withStatements(join: SelfJoin, tables: readonly FoundTable[], database: Database): DatabaseDraft {
  const found = tables.find(({ table }) => database.modelOf(table)?.label === join.model.label);
  const [first] = found?.joined ?? [];
  const evidence =
    first === undefined
      ? { kind: "inferred" as const, note: "from the queryset; no statement of this form was seen" }
      : statementEvidence(database, first.statement);
  return { ...chainDraft(join), evidence: [evidence] };
}
