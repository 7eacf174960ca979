import { removeIndex } from "../../fixes/migrations/index.ts";
import { formatBytes } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, Index, Judgement, Rule, Table } from "../../model/index.ts";
import {
  catalogEvidence,
  counterEvidence,
  LEAST_DAYS,
  statementDays,
  statementsMissing,
  tooYoung,
  unseenServer,
  workloadEvidence,
} from "../database/evidence.ts";
import { indexBytes, indexScans, judgedTables, ownIndexes } from "../database/index-figures.ts";
import { isDroppable } from "../database/index-structure.ts";
import { isByteOrder, likeTwinOf } from "../database/like-twin.ts";
import { lookupsOn } from "../database/lookups.ts";
import { declarationSpots, indexSpot, modelLabel, shortName, tableSpot } from "../database/names.ts";
import { allConditionsOf, functionsAround, usesOf } from "../database/statement-use.ts";

/** pganalyze: 35 days without a scan, as for any unused index. */
const LEAST_DAYS_UNUSED = 35;
/** rails-pg-extras: 1 MB, as for any unused index. */
const LEAST_BYTES = 1_048_576;
/** pghero: 10 MB, from which on an index that nobody uses is worth a warning. */
const WARN_BYTES = 10_485_760;

/** Operators that an index for patterns serves when the pattern begins with plain text. */
const PATTERNS: ReadonlySet<string> = new Set(["like", "~", "~~", "^@", "~<~", "~<=~", "~>~", "~>=~", "similar to"]);

export const rule: Rule = {
  meta: {
    id: "useless-like-index",
    chapter: "1.2",
    summary: "Django's second index of a text column, for LIKE, serves nobody",
    severity: "info",
    confidence: "likely",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const twins = judgedTables(input.database).flatMap((table) => twinsOf(table, input));
    const verdicts = twins.map((twin) => judgeTwin(twin, input));
    return {
      drafts: verdicts.flatMap((one) => one.drafts),
      unjudged: oneForAll(verdicts.flatMap((one) => one.unjudged)),
      examined: `${twins.length} indexes for LIKE`,
    };
  },
};

interface Twin {
  readonly table: Table;
  readonly index: Index;
  /** The one in the type's own order. */
  readonly plain: Index;
  readonly column: string;
}

function twinsOf(table: Table, { database, thresholds }: DatabaseInput): readonly Twin[] {
  const least = thresholds["useless-like-index.bytes"] ?? LEAST_BYTES;
  return ownIndexes(table, database).flatMap((index) => {
    const plain = likeTwinOf(index, table, database);
    const column = index.keys[0]?.column ?? null;
    return plain === null || column === null || !index.valid || !isDroppable(index) || (indexBytes(index, database) ?? least) < least
      ? []
      : [{ table, index, plain, column }];
  });
}

const SILENT = { drafts: [], unjudged: [] } as const;

function judgeTwin(twin: Twin, input: DatabaseInput): Pick<Judgement, "drafts" | "unjudged"> {
  const { database } = input;
  if (isByteOrder(twin.plain.keys[0]?.collation ?? null, database)) return { drafts: [toDraft(twin, "collation", input)], unjudged: [] };
  if (isAskedByBeginning(twin, input)) return SILENT;
  const days = input.thresholds["useless-like-index.days"] ?? LEAST_DAYS_UNUSED;
  if (indexScans(twin.index, database) === 0 && tooYoung(database, days) === null && unseenServer(database) === null)
    return { drafts: [toDraft(twin, "unused", input)], unjudged: [] };
  const object = `index ${twin.index.schema}.${twin.index.name}`;
  const why = statementsMissing(database, LEAST_DAYS, object) ?? unseenServer(database, object) ?? evicted(database, object);
  return why === null ? { drafts: [toDraft(twin, "statements", input)], unjudged: [] } : { drafts: [], unjudged: [why] };
}

/** Of a parameter nothing is known, so that each LIKE counts. */
function isAskedByBeginning({ table, column }: Twin, input: DatabaseInput): boolean {
  const { database } = input;
  const inStatements = usesOf(table, database).some((use) =>
    allConditionsOf(use).some((one) => one.column === column && functionsAround(one).length === 0 && PATTERNS.has(one.predicate.operator)),
  );
  return inStatements || lookupsOn(table, column, input).some(({ lookup }) => lookup === "startswith" || lookup === "regex");
}

/** What was thrown out of pg_stat_statements was seen by nobody. */
function evicted({ server: { counters } }: Database, object: string): { readonly object: string; readonly why: string } | null {
  const count = counters.statementsEvicted ?? 0;
  return count === 0 ? null : { object, why: `needs all statements; pg_stat_statements threw some out ${count} times` };
}

/** The same reason for twenty indexes is one sentence. */
function oneForAll(unjudged: Judgement["unjudged"]): Judgement["unjudged"] {
  const [first] = unjudged;
  return first !== undefined && unjudged.length > 1 && unjudged.every(({ why }) => why === first.why) ? [{ object: "", why: first.why }] : unjudged;
}

type Why = "collation" | "unused" | "statements";

function toDraft(twin: Twin, why: Why, input: DatabaseInput): DatabaseDraft {
  const { database, thresholds } = input;
  const { table, index, plain } = twin;
  const bytes = indexBytes(index, database);
  const model = modelLabel(database, table);
  const scans = indexScans(index, database);
  return {
    key: [shortName(table), index.name],
    severity: bytes !== null && bytes >= (thresholds["useless-like-index"] ?? WARN_BYTES) ? "warning" : "info",
    confidence: why === "collation" ? "certain" : "likely",
    claim: `Index \`${shortName(index)}\`${bytes === null ? "" : ` of ${formatBytes(bytes)}`} is for LIKE alone, and ${claimEnd(twin, why, database)}.`,
    reason: reasonOf(twin, why),
    remedy: `Drop \`${shortName(index)}\` by SQL in a migration; Django makes it for a text field with \`unique\` or \`db_index\` and has no option against it.`,
    doubt:
      why === "collation"
        ? "a change of the column's collation would bring it back into use"
        : "a page that searches by the beginning and was not asked for in this time would miss it",
    ...(model === undefined ? {} : { model }),
    places: [
      indexSpot(index, bytes === null ? undefined : formatBytes(bytes)),
      indexSpot(plain, "serves everything else"),
      tableSpot(table),
      ...declarationSpots(database.declarationOf(index), "declared here"),
    ],
    evidence: [
      catalogEvidence(database, bytes === null ? {} : { bytes }),
      ...(why === "collation" ? [] : [why === "unused" || scans === null ? counterEvidence(database, { scans: scans ?? 0 }) : workloadEvidence(database)]),
    ],
    impact: bytes === null ? {} : { bytes: { before: bytes, after: 0 } },
    fixes: [removeIndex(input, index)],
  };
}

function claimEnd({ plain, column }: Twin, why: Why, database: Database): string {
  if (why === "collation") return `\`${shortName(plain)}\` serves LIKE too under collation \`${collationOf(plain, database)}\``;
  if (why === "unused") return `no statement used it in ${Math.floor(database.age.days ?? 0)} days`;
  return `no statement of ${Math.floor(statementDays(database) ?? 0)} days compares \`${column}\` with a pattern`;
}

function reasonOf({ plain }: Twin, why: Why): string {
  const cost = "Each INSERT, and each UPDATE that is not HOT, writes an entry into it.";
  return why === "statements" ? `${cost} Where it is scanned for equality, \`${shortName(plain)}\` does the same.` : cost;
}

function collationOf({ keys: [key] }: Index, { catalog: { database } }: Database): string {
  const name = key?.collation ?? "C";
  return name === "default" ? database.collate : name;
}
