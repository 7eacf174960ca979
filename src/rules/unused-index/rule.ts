import { removeIndex } from "../../fixes/migrations/index.ts";
import { formatBytes, formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, Index, Judgement, Rule, Table, Unjudged } from "../../model/index.ts";
import { catalogEvidence, counterEvidence, tooYoung, unseenServer } from "../database/evidence.ts";
import { foreignKeysOf, servesForeignKey } from "../database/foreign-keys.ts";
import { indexBytes, indexScans, judgedTables, lastScan, ownIndexes, partsOf, writesOf } from "../database/index-figures.ts";
import { isDroppable, sameStructure, standsFor } from "../database/index-structure.ts";
import { likeTwinOf } from "../database/like-twin.ts";
import { neededBy, withRemovalProof } from "../database/removal.ts";
import { lookupsOn } from "../database/lookups.ts";
import { declarationSpots, indexSpot, modelLabel, shortName, tableSpot } from "../database/names.ts";

/** pganalyze: 35 days, so that work of once a month has run. */
const LEAST_DAYS_UNUSED = 35;
/** rails-pg-extras: 1 MB; what is smaller costs its writes little and is not worth a migration. */
const LEAST_BYTES = 1_048_576;
/** pghero: 10 MB, from which on an index that nobody uses is worth a warning. */
const WARN_BYTES = 10_485_760;

export const rule: Rule = {
  meta: {
    id: "unused-index",
    chapter: "1.2",
    summary: "No statement uses an index",
    severity: "warning",
    confidence: "likely",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database, thresholds } = input;
    const candidates = judgedTables(database).flatMap((table) => candidatesOf(table, input));
    const examined = `${database.catalog.indexes.length} indexes`;
    const least = thresholds["unused-index.days"] ?? LEAST_DAYS_UNUSED;
    const why = tooYoung(database, least) ?? unseenServer(database);
    if (why !== null)
      return { drafts: [], unjudged: candidates.length === 0 ? [] : [{ ...why, object: candidates.length === 1 ? objectOf(candidates) : "" }], examined };
    const verdicts = candidates.map((candidate) => judgeIndex(candidate, least, input));
    return { drafts: verdicts.flatMap((one) => one.drafts), unjudged: verdicts.flatMap((one) => one.unjudged), examined };
  },
};

interface Candidate {
  readonly table: Table;
  readonly index: Index;
  readonly bytes: number;
}

const objectOf = ([candidate]: readonly Candidate[]): string => (candidate === undefined ? "" : `index ${candidate.index.schema}.${candidate.index.name}`);

/** Indexes that only queries need. */
function candidatesOf(table: Table, { database, thresholds }: DatabaseInput): readonly Candidate[] {
  const least = thresholds["unused-index.bytes"] ?? LEAST_BYTES;
  return ownIndexes(table, database).flatMap((index) => {
    if (!index.valid || !isDroppable(index) || likeTwinOf(index, table, database) !== null) return [];
    const bytes = indexBytes(index, database);
    if (bytes === null || bytes < least || standsIn(index, table, database) || keepsForeignKey(index, table, database)) return [];
    return [{ table, index, bytes }];
  });
}

/** Another index goes in its favour and is used: its scans will be this one's. */
function standsIn(index: Index, table: Table, database: Database): boolean {
  const equals = (other: Index): boolean => sameStructure(other, index) || standsFor(index, other) || likeTwinOf(other, table, database) === index;
  return ownIndexes(table, database).some((other) => other !== index && other.valid && (indexScans(other, database) ?? 0) > 0 && equals(other));
}

/** A foreign key's last index that is sure to stay, for the day on which a parent is deleted. */
function keepsForeignKey(index: Index, table: Table, database: Database): boolean {
  const staying = ownIndexes(table, database).filter((other) => other !== index && (!isDroppable(other) || (indexScans(other, database) ?? 0) > 0));
  return foreignKeysOf(table, database).some((key) => servesForeignKey(index, key) && !staying.some((other) => servesForeignKey(other, key)));
}

function judgeIndex(candidate: Candidate, least: number, input: DatabaseInput): Pick<Judgement, "drafts" | "unjudged"> {
  const { database } = input;
  const scans = indexScans(candidate.index, database);
  const object = objectOf([candidate]);
  if (scans === null) return { drafts: [], unjudged: [{ object, why: "needs the counters of this index, which were not seen" }] };
  const idle = idleDays(candidate.index, scans, database);
  if (idle !== null && idle < least) return { drafts: [], unjudged: [] };
  if (scans > 0 && idle === null) return { drafts: [], unjudged: [] };
  if (!isTableRead(candidate.table, database)) return { drafts: [], unjudged: [notRead(candidate, database)] };
  const needed = neededBy(candidate.index, database);
  return needed === null
    ? { drafts: [withRemovalProof(toDraft(candidate, idle, input), candidate.index, database)], unjudged: [] }
    : { drafts: [], unjudged: [needed] };
}

const DAY = 86_400_000;

/** Days since it was last scanned, where it was; from 16 on the server says when. */
function idleDays(index: Index, scans: number, database: Database): number | null {
  const last = lastScan(index, database);
  return scans === 0 || last === null ? null : (Date.parse(database.server.counters.at) - Date.parse(last)) / DAY;
}

/** A table that nothing reads says nothing of its indexes: perhaps it is read once a year. */
function isTableRead(table: Table, database: Database): boolean {
  return partsOf(table, database).some((part) => {
    const counters = database.tableCounters(part);
    return counters !== null && counters.seqScans + (counters.indexScans ?? 0) > 0;
  });
}

function notRead(candidate: Candidate, { age }: Database): Unjudged {
  return { object: objectOf([candidate]), why: `needs a time in which the table was read; nothing read it in ${Math.floor(age.days ?? 0)} days` };
}

function toDraft({ table, index, bytes }: Candidate, idle: number | null, input: DatabaseInput): DatabaseDraft {
  const { database } = input;
  const days = Math.floor(idle ?? database.age.days ?? 0);
  const writes = writesOf(table, database);
  const written = writes === null ? null : writes.inserted + writes.updated - writes.hotUpdated;
  const model = modelLabel(database, table);
  return {
    key: [shortName(table), index.name],
    severity: bytes >= (input.thresholds["unused-index.warn"] ?? WARN_BYTES) ? "warning" : "info",
    claim: `Index \`${shortName(index)}\` takes ${formatBytes(bytes)}, and ${idle === null ? `no statement used it in ${days} days` : `was last used ${days} days ago`}.`,
    reason:
      written === null || written === 0
        ? "It is vacuumed, backed up and replicated all the same."
        : `In that time ${formatNumber(written)} rows of \`${shortName(table)}\` were inserted or updated, each with an entry in it.`,
    remedy: `Drop \`${shortName(index)}\`.`,
    doubt: `${doubtOf(index)}${askedWords(index, table, input)}`,
    ...(model === undefined ? {} : { model }),
    places: [
      indexSpot(index, `${formatBytes(bytes)}, 0 scans in ${days} days`),
      tableSpot(table),
      ...declarationSpots(database.declarationOf(index), "declared here"),
    ],
    evidence: [counterEvidence(database, { days, ...(written === null ? {} : { written }) }), catalogEvidence(database, { bytes })],
    impact: { bytes: { before: bytes, after: 0 } },
    fixes: [removeIndex(input, index)],
  };
}

/** The source can ask for a column that no statement of this time asked for. */
function askedWords({ keys: [key] }: Index, table: Table, input: DatabaseInput): string {
  const column = key?.column ?? null;
  const count = column === null ? 0 : lookupsOn(table, column, input).length;
  return count === 0
    ? ""
    : `; ${count === 1 ? "1 line" : `${count} lines`} of the source ${count === 1 ? "looks" : "look"} up \`${column}\`, perhaps in pages that nobody asked for`;
}

/** ANALYZE keeps statistics for an expression that is indexed, and the planner reads them without a scan. */
function doubtOf({ keys }: Index): string {
  const seldom = "a job that runs less often than the counters reach back, or a server that was not asked, would miss it";
  return keys.some(({ column }) => column === null) ? `${seldom}; estimates of its expression rest on statistics that go with it` : seldom;
}
