import { removeIndex } from "../../fixes/migrations/index.ts";
import { formatBytes } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, Declaration, Index, Judgement, Rule, Table } from "../../model/index.ts";
import { catalogEvidence, catalogGaps, counterEvidence, tooYoung, unseenServer } from "../database/evidence.ts";
import { foreignKeysOf } from "../database/foreign-keys.ts";
import { distinctValues, indexBytes, indexScans, judgedTables, keyStatistics, ownIndexes, rowsOf } from "../database/index-figures.ts";
import { isDroppable, sameStructure, standsFor } from "../database/index-structure.ts";
import { neededBy, withRemovalProof } from "../database/removal.ts";
import { declarationSpots, indexSpot, keysOf, modelLabel, shortName, tableSpot } from "../database/names.ts";

/** This project's notes on PostgreSQL: a wide index of more than three times the size costs its readers more pages than it saves writers. */
const WIDE_TIMES = 3;
/** The same notes: the narrow index is the one that queries take when half of both indexes' scans are its own. */
const NARROW_SCANS = 0.5;
/** Ours: below a megabyte the second index is a blemish, not a burden. */
const WARN_BYTES = 1_048_576;
/** The same notes, for PostgreSQL 18: skip scan steps through the values of the first column, which have to be few. */
const SKIP_VALUES = 100;

export const rule: Rule = {
  meta: {
    id: "redundant-index",
    chapter: "1.2",
    summary: "An index is the beginning of another one",
    severity: "warning",
    confidence: "certain",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database } = input;
    const verdicts = judgedTables(database).flatMap((table) => pairsOf(table, database).map((pair) => judgePair(pair, input)));
    return {
      drafts: verdicts.flatMap((one) => one.drafts),
      unjudged: [...verdicts.flatMap((one) => one.unjudged), ...catalogGaps(database, "indexes")],
      examined: `${database.catalog.indexes.length} indexes`,
    };
  },
};

interface Pair {
  readonly table: Table;
  readonly narrow: Index;
  readonly wide: Index;
}

/** Each index that another one can stand for, with the smallest of those that stay themselves, or the smallest of all where those are wide. */
function pairsOf(table: Table, database: Database): readonly Pair[] {
  const indexes = ownIndexes(table, database).filter((index) => index.valid && index.method === "btree");
  return indexes.flatMap((narrow) => {
    if (!isDroppable(narrow)) return [];
    const bytesOf = (index: Index): number => indexBytes(index, database) ?? 0;
    const wider = indexes.filter((other) => standsFor(other, narrow)).toSorted((a, b) => bytesOf(a) - bytesOf(b));
    const wide = wider.find((other) => !goes(other, indexes) && bytesOf(other) <= bytesOf(narrow) * WIDE_TIMES) ?? wider[0];
    return wide === undefined ? [] : [{ table, narrow, wide }];
  });
}

/** Something else makes this one needless too: it would not be there to stand for anything. */
function goes(index: Index, indexes: readonly Index[]): boolean {
  return isDroppable(index) && indexes.some((other) => standsFor(other, index) || (other !== index && sameStructure(other, index) && stays(other, index)));
}

/** Of two that are the same. */
const stays = (one: Index, other: Index): boolean => !isDroppable(one) || one.oid < other.oid;

/** What the keys say, unless the plans say that a statement needs the narrow one. */
function judgePair(pair: Pair, input: DatabaseInput): Pick<Judgement, "drafts" | "unjudged"> {
  const { drafts, unjudged } = judgeKeys(pair, input);
  const needed = drafts.length === 0 ? null : neededBy(pair.narrow, input.database);
  return needed === null ? { drafts: drafts.map((one) => withRemovalProof(one, pair.narrow, input.database)), unjudged } : { drafts: [], unjudged: [needed] };
}

function judgeKeys(pair: Pair, input: DatabaseInput): Pick<Judgement, "drafts" | "unjudged"> {
  const { database, thresholds } = input;
  const { narrow, wide } = pair;
  const [small, large] = [indexBytes(narrow, database), indexBytes(wide, database)];
  if (small === null || large === null || large <= small * (thresholds["redundant-index.times"] ?? WIDE_TIMES))
    return { drafts: [toDraft(pair, input)], unjudged: [] };
  const object = `index ${narrow.schema}.${narrow.name}`;
  const why = tooYoung(database, undefined, object) ?? unseenServer(database, object);
  if (why !== null) return { drafts: [], unjudged: [{ ...why, why: `${why.why}, since \`${wide.name}\` is ${(large / small).toFixed(1)} times as big` }] };
  const [own, others] = [indexScans(narrow, database), indexScans(wide, database)];
  if (own === null || others === null) return { drafts: [], unjudged: [{ object, why: "needs the counters of both indexes" }] };
  const isPreferred = own > 0 && own >= (own + others) * (thresholds["redundant-index.scans"] ?? NARROW_SCANS);
  return { drafts: isPreferred ? [] : [toDraft(pair, input)], unjudged: [] };
}

function toDraft({ table, narrow, wide }: Pair, input: DatabaseInput): DatabaseDraft {
  const { database, thresholds } = input;
  const bytes = indexBytes(narrow, database);
  const model = modelLabel(database, table);
  const declaration = database.declarationOf(narrow);
  const scans = indexScans(narrow, database);
  return {
    key: [shortName(table), narrow.name],
    severity: bytes === null || bytes < (thresholds["redundant-index"] ?? WARN_BYTES) || declaration?.kind === "many-to-many" ? "info" : "warning",
    claim: `Index \`${shortName(narrow)}\` on ${keysOf(narrow)} is the beginning of \`${shortName(wide)}\` on ${keysOf(wide)}${bytes === null ? "" : `, and takes ${formatBytes(bytes)}`}.`,
    reason: `What it finds, \`${shortName(wide)}\` finds as well, and every write of \`${shortName(table)}\` keeps both up to date.`,
    remedy: remedyOf(narrow, table, declaration, database),
    doubt: doubtOf(narrow, wide, table, database),
    ...(model === undefined ? {} : { model }),
    places: [
      indexSpot(narrow, bytes === null ? undefined : formatBytes(bytes)),
      indexSpot(wide, "stands for it"),
      tableSpot(table),
      ...declarationSpots(declaration, "declared here"),
      ...declarationSpots(database.declarationOf(wide), "and here, the one that stays"),
    ],
    evidence: [catalogEvidence(database, bytes === null ? {} : { bytes }), ...(scans === null ? [] : [counterEvidence(database, { scans })])],
    impact: bytes === null ? {} : { bytes: { before: bytes, after: 0 } },
    fixes: [removeIndex(input, narrow)],
  };
}

/** Django gives every foreign key an index; one that begins with it makes that needless. */
function remedyOf(narrow: Index, table: Table, declaration: Declaration | null, database: Database): string {
  const [key] = narrow.keys;
  const isForeignKey = foreignKeysOf(table, database).some(({ columns: [column, second] }) => second === undefined && column === key?.column);
  if (declaration?.kind === "many-to-many")
    return `Drop \`${shortName(narrow)}\` by SQL in a migration: Django's own table for the relation has no field to say it on.`;
  return isForeignKey && narrow.keys.length === 1 && declaration?.kind !== "meta-index"
    ? `Say \`db_index=False\` on the foreign key, which drops \`${shortName(narrow)}\`.`
    : `Drop \`${shortName(narrow)}\`.`;
}

function doubtOf(narrow: Index, wide: Index, table: Table, database: Database): string {
  const wider = `reading \`${wide.name}\` costs a little more, since each of its pages holds fewer entries`;
  const skipped = database.server.versionNumber >= 180_000 ? skipCandidate(narrow, table, database) : undefined;
  return skipped === undefined ? wider : `${wider}; PostgreSQL 18 can reach these rows by a skip scan of \`${skipped.name}\` too, which is not weighed here`;
}

/** An index whose second key is this one's first, after a column of few values. */
function skipCandidate(narrow: Index, table: Table, database: Database): Index | undefined {
  const [key] = narrow.keys;
  const rows = rowsOf(table, database) ?? 0;
  return ownIndexes(table, database).find((other) => {
    const statistics = keyStatistics(other, 0, table, database);
    const values = statistics === null ? null : distinctValues(statistics, rows);
    return key !== undefined && key.column !== null && other.valid && other.keys[1]?.column === key.column && values !== null && values <= SKIP_VALUES;
  });
}
