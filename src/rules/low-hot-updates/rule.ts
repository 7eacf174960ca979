import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, FixDraft, Index, QueryShape, Rule, Spot, Table, TableCounters, Unjudged } from "../../model/index.ts";
import type { ChangeInput } from "../../fixes/migrations/index.ts";
import { counterEvidence } from "../database/evidence.ts";
import { declarationSpots, indexSpot, keysOf, modelLabel, shortName, tableSpot } from "../database/names.ts";
import { countsNoWrites, rateOf } from "../database/rates.ts";
import { naptime, optionsFix } from "../database/table-options.ts";
import { laidOut, rowSize } from "../database/tuple-layout.ts";

export const rule: Rule = {
  meta: {
    id: "low-hot-updates",
    chapter: "5.1",
    summary: "Updates write every index of the table, since few of them are HOT",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database, thresholds } = input;
    const unseen = countsNoWrites(database);
    if (unseen !== null) return { drafts: [], unjudged: [unseen], examined: "" };
    const tables = database.tables.filter(({ kind }) => kind === "table");
    const verdicts = tables.map((table) => judgeTable(input, table, thresholds));
    return {
      drafts: verdicts.flatMap(({ draft }) => draft ?? []),
      unjudged: verdicts.flatMap(({ unknown }) => unknown ?? []),
      examined: `${tables.length} tables`,
    };
  },
};

/** Updates that were counted, share of them that is HOT, and share that went to another page for want of room: ours. */
const LEAST_UPDATES = 10_000;
const LEAST_HOT = 0.5;
const LEAST_MOVED = 0.2;

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

function judgeTable(input: ChangeInput, table: Table, thresholds: Readonly<Record<string, number>>): Verdict {
  const { database } = input;
  const counters = database.tableCounters(table);
  if (counters === null)
    return table.bytes === 0 ? {} : { unknown: { object: `table ${table.schema}.${table.name}`, why: "needs its counters, which could not be read" } };
  if (counters.updated < (thresholds["low-hot-updates.updates"] ?? LEAST_UPDATES)) return {};
  if (counters.hotUpdated >= counters.updated * (thresholds["low-hot-updates"] ?? LEAST_HOT)) return {};
  // Without an index every update would be HOT if there were room; with none there is nothing to write either.
  return database.indexesOf(table).length === 0 ? {} : { draft: toDraft(input, table, counters) };
}

interface Blame {
  readonly indexes: readonly Index[];
  /** The columns that updates write, where statements tell. */
  readonly isProven: boolean;
}

function toDraft(input: ChangeInput, table: Table, counters: TableCounters): DatabaseDraft {
  const { database } = input;
  const { updated, hotUpdated, newPageUpdated } = counters;
  const model = modelLabel(database, table);
  const why = isShortOfRoom(counters) ? roomWords(input, table, counters) : blameWords(input, table, blameOf(database, table));
  return {
    key: [shortName(table)],
    severity: why.isKnown ? "warning" : "info",
    confidence: why.isProven ? "certain" : why.isKnown ? "likely" : "possible",
    claim: `${formatNumber(hotUpdated)} of ${formatNumber(updated)} updates of \`${shortName(table)}\` are HOT: ${why.claim}.`,
    reason: `Each other one writes an entry into all ${database.indexesOf(table).length} indexes and leaves one behind for VACUUM in each.`,
    remedy: why.remedy,
    doubt: why.doubt,
    ...(model === undefined ? {} : { model }),
    places: [tableSpot(table, `${Math.round((100 * hotUpdated) / updated)} % HOT`), ...why.places],
    evidence: [counterEvidence(database, { updated, hotUpdated, ...(newPageUpdated === null ? {} : { newPageUpdated }) })],
    fixes: why.fixes,
  };
}

interface Why {
  readonly isKnown: boolean;
  readonly isProven: boolean;
  readonly claim: string;
  readonly remedy: string;
  readonly doubt: string;
  readonly places: DatabaseDraft["places"];
  readonly fixes: readonly FixDraft[];
}

/** From 16 on the server counts updates whose new row found no room on its page. */
function isShortOfRoom({ updated, newPageUpdated }: TableCounters): boolean {
  return newPageUpdated !== null && newPageUpdated >= updated * LEAST_MOVED;
}

function roomWords(input: ChangeInput, table: Table, { newPageUpdated, updated }: TableCounters): Why {
  const share = Math.round((100 * (newPageUpdated ?? 0)) / updated);
  return { isKnown: true, isProven: true, claim: `${share} % found no room on their page`, ...fillfactor(input, table), places: [] };
}

const USABLE = 8168;
const LOWEST = 70;
const HIGHEST = 95;

/** Room for the updates of a page between two vacuums, at least for one: `100 × (1 − updates × row / page)`, kept between 70 and 95. */
function fillfactor(input: ChangeInput, table: Table): Pick<Why, "remedy" | "doubt" | "fixes"> {
  const { database } = input;
  const row = rowSize(table.columns.flatMap((one) => laidOut(one) ?? [])).bytes + 4;
  const perDay = rateOf(database, table, ({ updated }) => updated)?.perDay ?? 0;
  const updates = Math.max(1, (perDay * naptime(database)) / Math.max(1, table.relpages));
  const proposed = Math.min(HIGHEST, Math.max(LOWEST, Math.floor(100 * (1 - (updates * row) / USABLE))));
  const now = Number(table.options["fillfactor"] ?? 100);
  if (proposed >= now)
    return {
      remedy: `fillfactor is ${now} already: vacuum more often, so that pages are emptied in time.`,
      doubt: "pages that are full of live rows have no room, however often they are vacuumed",
      fixes: [],
    };
  return {
    remedy: `Set fillfactor to ${proposed}: room for ${formatNumber(Number(updates.toPrecision(2)))} ${updates > 1 ? "updates" : "update"} of ${formatNumber(Math.round(row))} bytes on each page.`,
    doubt: "it holds for pages that are filled from now on; those that are full stay so until a rewrite",
    fixes: [optionsFix(input, table, { fillfactor: proposed }, `Leave room for updates on the pages of \`${shortName(table)}\``)],
  };
}

/** BRIN does not keep an update from being HOT from 16 on. */
const BRIN_IS_FREE = 160_000;

/** Indexes on columns that updates write; without statements, those that are on no key. */
function blameOf(database: Database, table: Table): Blame {
  const candidates = database.indexesOf(table).filter((index) => index.live && !(index.method === "brin" && database.server.versionNumber >= BRIN_IS_FREE));
  const written = new Set(database.statementsOn(table).flatMap(({ shape }) => (shape === null ? [] : writtenIn(shape, table))));
  const guilty = candidates.filter((index) => columnsOf(index, table).some((column) => written.has(column)));
  if (guilty.length > 0) return { indexes: guilty, isProven: true };
  const keys = new Set(
    database.constraintsOf(table).flatMap(({ kind, columns }) => (kind === "foreign" || kind === "primary" || kind === "unique" ? columns : [])),
  );
  return { indexes: candidates.filter((index) => index.constraint === null && !columnsOf(index, table).every((column) => keys.has(column))), isProven: false };
}

function writtenIn(shape: QueryShape, table: Table): readonly string[] {
  const own = shape.kind === "update" && shape.base?.name === table.name ? shape.written : [];
  return [...own, ...shape.subqueries.flatMap((one) => writtenIn(one.shape, table))];
}

/** Of keys, INCLUDE, expressions and the predicate: a change of any of them is no HOT update. */
function columnsOf(index: Index, table: Table): readonly string[] {
  const texts = [...index.keys.map(({ expression }) => expression ?? ""), index.predicate ?? ""].join(" ");
  const inside = table.columns.map(({ name }) => name).filter((name) => new RegExp(`(?<!\\w)${name.replaceAll(/\W/g, ".")}(?!\\w)`).test(texts));
  return [...index.keys.flatMap(({ column }) => column ?? []), ...index.include, ...inside];
}

/** Where they are fields of a model: the line that could lose its index, or move. */
function columnSpots(index: Index, table: Table, database: Database): readonly Spot[] {
  return columnsOf(index, table)
    .slice(0, 3)
    .flatMap((name) => declarationSpots(database.declarationOfColumn(table, name), "its column"));
}

function blameWords(input: ChangeInput, table: Table, { indexes, isProven }: Blame): Why {
  const { database } = input;
  const places = indexes
    .slice(0, 3)
    .flatMap((index) => [
      indexSpot(index, keysOf(index)),
      ...declarationSpots(database.declarationOf(index), "declared here"),
      ...columnSpots(index, table, database),
    ]);
  const [first] = indexes;
  if (first === undefined)
    return {
      isKnown: false,
      isProven: false,
      claim: "no index but those of keys is there to blame",
      ...fillfactor(input, table),
      doubt: "before 16 PostgreSQL does not count updates that found no room; one large UPDATE of full pages looks the same",
      places,
    };
  const isOne = indexes.length === 1;
  const names = indexes
    .slice(0, 3)
    .map((index) => `\`${shortName(index)}\``)
    .join(", ");
  return {
    isKnown: isProven || isOne,
    isProven,
    claim: isProven
      ? `they change columns of ${names}`
      : isOne
        ? `${names} is the index that they change`
        : `one of ${indexes.length} indexes is on a column that they change`,
    remedy: isOne
      ? `Drop \`${shortName(first)}\`, or move the column that changes to a table of its own.`
      : `Find the column that the updates change among ${names}, and drop its index or move it to a table of its own.`,
    doubt: isProven
      ? "the index can be worth its price to the queries that use it"
      : "found by leaving out the indexes of keys; statements (pg_stat_statements) tell which columns are written",
    places,
    fixes: [],
  };
}
