import type { Constraint, Database, DatabaseDraft, Field, FindingDraft, Model, Origin, Rule, RuleInput, Table, Write } from "../../model/index.ts";
import { formatCount, formatNumber } from "../../model/numbers.ts";
import { isInProjectFile } from "../caching/own-files.ts";
import { receivers } from "../caching/receivers.ts";
import { columnSpots, isUniqueColumn, keyColumns, modelOfTable } from "../database/column-facts.ts";
import { foreignKeysOf } from "../database/foreign-keys.ts";
import { fromSource } from "../database/from-source.ts";
import { rowsOf } from "../database/index-figures.ts";
import { shortName, tableSpot } from "../database/names.ts";
import { sentFrom, statementEvidence, statementSpot } from "../database/statement-places.ts";
import { dearestFirst, noStatements, positionsIn, readsOf, sumOf, type ShapedStatement } from "../database/statement-shapes.ts";
import { shapesIn } from "../../sql/compare-shapes.ts";
import { fieldNamed, lookupOf } from "../chains.ts";
import { count } from "../names.ts";
import { ownModels } from "../own-models.ts";
import { isWithin } from "../../model/span.ts";

/** Share of the calls that read the child; this project's notes (2.a.9). */
const LEAST_JOINED = 0.9;
/** Fewer calls show no habit. Ours. */
const LEAST_CALLS = 100;
/** A child of few of the parents' rows would leave most of its columns empty. Ours. */
const LEAST_COVERED = 0.2;

export const rule: Rule = {
  meta: {
    id: "always-joined-one-to-one",
    chapter: "1.1",
    summary: "A one-to-one row is never read without its parent",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => draftsOf(input),
  judge: ({ database, source, thresholds }) => {
    const missing = noStatements(database);
    const pairs = missing === null ? pairsOf(database) : [];
    const written = source === null ? [] : draftsOf(source).filter(({ model = "" }) => !isCounted(source.graph.byLabel(model), database));
    return {
      drafts: [
        ...pairs.flatMap((pair) => databaseDrafts(pair, thresholds["always-joined-one-to-one"] ?? LEAST_JOINED, database)),
        ...fromSource(written, `fewer than ${LEAST_CALLS} calls of it were counted`),
      ],
      unjudged: missing === null ? [] : [missing],
      examined: `${pairs.length} one-to-one keys`,
    };
  },
};

const REMEDY = "Move its columns to the parent, or keep the split where the parent is read without them far more often.";
const DOUBT = "it may be apart on purpose: another app's model, rare rows, or columns that would make the parent's rows wide";

// -------------------------------------------------------------------------------------------------------------- source

/** One-to-one fields that every row fills, without the links of inherited models. */
function keysOf(model: Model): Field[] {
  return [...model.fields.values()].filter(
    ({ relation, null: isNullable, primaryKey }) =>
      relation?.kind === "o2o" && relation.target !== null && relation.target !== model.label && !isNullable && !primaryKey,
  );
}

function draftsOf(input: RuleInput): FindingDraft[] {
  return ownModels(input).flatMap((model) => keysOf(model).flatMap((key) => sourceDrafts(model, key, input)));
}

/** Statements have the last word on a table that they read often enough. */
function isCounted(model: Model | null, database: Database): boolean {
  const table = model === null ? null : database.tableOf(model);
  return table !== null && sumOf(readsOf(table, database), ({ calls }) => calls) >= LEAST_CALLS;
}

const CREATES: ReadonlySet<string> = new Set(["create", "bulk_create", "get_or_create", "update_or_create", "acreate"]);

function sourceDrafts(model: Model, key: Field, input: RuleInput): FindingDraft[] {
  const parent = input.graph.byLabel(key.relation?.target ?? "");
  if (!hasOwnColumns(model, key)) return [];
  if (parent === null || parent.cls.module.origin !== "project") return [];
  const reads = input.facts.origins.filter((origin) => isReadOf(model, origin));
  if (!reads.every((origin) => reachesParent(origin, key, input))) return [];
  const through = readsThroughParent(model, input);
  return through === 0
    ? []
    : [sourceDraft({ model, key, parent, reads: through, mayBeRare: isOneOfSeveral(parent, input) || isMadeApart(model, parent, input) })];
}

/** More than these beside one parent are kinds of it, of which a row has one: in the parent all the others' columns would be empty. Ours. */
const MOST_BESIDE = 2;

function isOneOfSeveral(parent: Model, input: RuleInput): boolean {
  return ownModels(input).filter((model) => keysOf(model).some(({ relation }) => relation?.target === parent.label)).length > MOST_BESIDE;
}

/** Code makes it at another time than its parent: a reason for what happens to few of them, say. */
function isMadeApart(model: Model, parent: Model, input: RuleInput): boolean {
  const made = (one: Model): Write[] =>
    input.facts.writes.filter((write) => write.model === one.label && CREATES.has(write.how) && isInProjectFile(write.span.file));
  const parents = made(parent);
  const withParent = receivers(input).filter((one) => one.model === parent.label);
  const isTogether = ({ symbol, span, calls }: Write): boolean =>
    parents.some((one) => one.symbol === symbol) || [span, ...calls].some((place) => withParent.some((one) => isWithin(place, one.span)));
  const children = made(model);
  return children.length > 0 && !children.some(isTogether);
}

/** Of a row with a key and stamps alone, what it says is that it is there. */
function hasOwnColumns(model: Model, key: Field): boolean {
  return [...model.fields.values()].some((one) => one !== key && one.attname !== null && !one.primaryKey && !one.autoNow);
}

function isReadOf(model: Model, { kind, model: label, calls }: Origin): boolean {
  return label === model.label && kind !== "related" && kind !== "instance" && !calls.some(({ name }) => CREATES.has(name));
}

/** Its rows are used with their parents, loaded eagerly or one by one. */
function reachesParent(origin: Origin, key: Field, { facts }: RuleInput): boolean {
  const isTo = (path: string): boolean => path === key.name || path.startsWith(`${key.name}__`);
  return (
    facts.eagerLoads.some((one) => one.origin.id === origin.id && isTo(one.path)) || facts.loads.some((one) => one.origin.id === origin.id && isTo(one.path))
  );
}

/** Reads of it from its parent's rows, eager ones and lazy ones alike: that a fix loads it with the parent changes nothing here. */
function readsThroughParent(model: Model, input: RuleInput): number {
  const isToChild = ({ origin, path }: { readonly origin: Origin; readonly path: string }): boolean => {
    const from = input.graph.byLabel(origin.model);
    const last = from === null ? undefined : lookupOf(input, from, path).fields.at(-1);
    return last?.relation?.kind === "o2o-reverse" && last.relation.target === model.label;
  };
  const spans = [...input.facts.eagerLoads.filter(isToChild).map(({ span }) => span), ...input.facts.loads.filter(isToChild).map(({ access }) => access)];
  return new Set(spans.map(({ file, start }) => `${file}:${start}`)).size;
}

interface AlwaysJoined {
  readonly model: Model;
  readonly key: Field;
  readonly parent: Model;
  readonly reads: number;
  readonly mayBeRare: boolean;
}

function sourceDraft({ model, key, parent, reads, mayBeRare }: AlwaysJoined): FindingDraft {
  return {
    key: [model.label, key.name],
    claim: `\`${model.name}\` is never read without its \`${parent.name}\`: ${count(reads, "place gets", "places get")} it from there, none reads it alone.`,
    reason: "Each such query pays a join or a query of its own, and each new row a second insert and a second index.",
    remedy: REMEDY,
    doubt: DOUBT,
    confidence: model.app === parent.app && !mayBeRare ? "likely" : "possible",
    model: model.label,
    relation: key.name,
    places: [{ role: "definition", span: key.span }],
    fixes: [],
  };
}

// ------------------------------------------------------------------------------------------------------------ database

interface Pair {
  readonly child: Table;
  readonly parent: Table;
  readonly column: string;
}

function pairsOf(database: Database): Pair[] {
  return database.tables.flatMap((child) =>
    foreignKeysOf(child, database).flatMap((key) => {
      const parent = database.table(key.references?.table ?? -1);
      const [column = ""] = key.columns;
      return parent !== null && parent.oid !== child.oid && isOneToOne(child, key, column, database) ? [{ child, parent, column }] : [];
    }),
  );
}

/** Every row has one. A key that is the primary key too links an inherited model to its parent, which Django always joins. */
function isOneToOne(child: Table, { columns }: Constraint, column: string, database: Database): boolean {
  if (columns.length !== 1 || !isUniqueColumn(database, child, column) || database.column(child, column)?.notNull !== true) return false;
  const primary = database.constraintsOf(child).find(({ kind }) => kind === "primary");
  return primary?.columns.includes(column) !== true && keyColumns(database, child).has(column);
}

function databaseDrafts(pair: Pair, least: number, database: Database): DatabaseDraft[] {
  const reads = readsOf(pair.child, database);
  const joined = reads.filter((one) => isJoined(one, pair));
  const [calls, together] = [sumOf(reads, (one) => one.calls), sumOf(joined, (one) => one.calls)];
  if (calls < LEAST_CALLS || together < calls * least || coverage(pair, database) < LEAST_COVERED) return [];
  return [databaseDraft({ pair, calls, together, joined: dearestFirst(joined) }, database)];
}

function isJoined({ shape }: ShapedStatement, { child, parent }: Pair): boolean {
  return shapesIn(shape).some((one) => positionsIn(one, child).length > 0 && positionsIn(one, parent).length > 0);
}

/** Its rows for each of the parent's; 1 where neither was counted. */
function coverage({ child, parent }: Pair, database: Database): number {
  const [rows, all] = [rowsOf(child, database), rowsOf(parent, database)];
  return rows === null || all === null || all === 0 ? 1 : rows / all;
}

interface Joined {
  readonly pair: Pair;
  readonly calls: number;
  readonly together: number;
  readonly joined: readonly ShapedStatement[];
}

function databaseDraft({ pair, calls, together, joined }: Joined, database: Database): DatabaseDraft {
  const { child, parent, column } = pair;
  const alone = sumOf(
    readsOf(parent, database).filter((one) => !isJoined(one, pair)),
    (one) => one.calls,
  );
  const width = child.columns.reduce((sum, { statistics }) => sum + (statistics === null ? 0 : statistics.averageWidth * (1 - statistics.nullFraction)), 0);
  return {
    key: [shortName(child), column],
    claim: `\`${shortName(child)}\` is read with its \`${shortName(parent)}\` in ${formatNumber(together)} of ${formatCount(calls, "call")}.`,
    reason: "Each such call pays a join, and each new row a second insert and a second index.",
    remedy: REMEDY,
    doubt: `${formatCount(alone, "call")} read the parent alone, and their rows would be about ${formatNumber(Math.round(width))} bytes wider; ${DOUBT}`,
    ...modelOfTable(database, child),
    ...relationOf(pair, database),
    places: [
      ...columnSpots(database, child, [column]),
      tableSpot(parent, "the parent"),
      ...joined.slice(0, 3).flatMap(({ statement }) => [statementSpot(statement), ...sentFrom(statement)]),
    ],
    evidence: joined.slice(0, 1).map(({ statement }) => statementEvidence(database, statement, { together, reads: calls })),
    fixes: [],
  };
}

function relationOf({ child, column }: Pair, database: Database): { readonly relation?: string } {
  const model = database.modelOf(child);
  const field = model === null ? null : fieldNamed(model, column);
  return field === null ? {} : { relation: field.name };
}
