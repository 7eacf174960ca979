import { quoteName, tableRef } from "../../fixes/migrations/sql-text.ts";
import { formatBytes } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, FixDraft, Index, Rule, Table } from "../../model/index.ts";
import { duplicatesSql } from "../database/duplicates-sql.ts";
import { catalogEvidence, catalogGaps, gapIn } from "../database/evidence.ts";
import { judgedTables } from "../database/index-figures.ts";
import { declarationSpots, indexSpot, keysOf, modelLabel, shortName, tableSpot } from "../database/names.ts";

export const rule: Rule = {
  meta: {
    id: "invalid-index",
    chapter: "1.2",
    summary: "An index was never finished, and no query uses it",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database }) => {
    const tables = database.tables.filter(({ persistence }) => persistence !== "temporary");
    const invalid = tables.flatMap((table) => database.indexesOf(table).flatMap((index) => (isAbandoned(index, table) ? [{ table, index }] : [])));
    // One that is being built is told by its progress alone.
    const isTold = gapIn(database, "progress") === null;
    const missing = judgedTables(database).flatMap((table) => unattached(table, database));
    return {
      drafts: (isTold ? [...invalid, ...missing] : []).map(({ table, index }) => toDraft(table, index, database)),
      unjudged: catalogGaps(database, "indexes", "progress"),
      examined: `${database.catalog.indexes.length} indexes`,
    };
  },
};

/** A build that is under way is invalid until its end. */
function isAbandoned({ valid, progress }: Index, { kind }: Table): boolean {
  return !valid && progress === null && kind !== "partitioned";
}

/** A parent's index is valid once every partition has its part. */
function unattached(table: Table, database: Database): readonly { readonly table: Table; readonly index: Index }[] {
  if (table.kind !== "partitioned") return [];
  return database.indexesOf(table).flatMap((index) => (index.valid || index.progress !== null ? [] : [{ table, index }]));
}

interface Cause {
  readonly why: string;
  readonly remedy: string;
  readonly fixes: readonly FixDraft[];
}

/** What left it, by its name and kind. */
function causeOf(index: Index, table: Table): Cause {
  if (table.kind === "partitioned") {
    const remedy = `Build the index on each partition that lacks it with CREATE INDEX CONCURRENTLY, and ATTACH it to \`${shortName(index)}\`.`;
    return { why: "not every partition has its part of it", remedy, fixes: [] };
  }
  if (/_ccnew\d*$/.test(index.name))
    return {
      why: "a REINDEX CONCURRENTLY that failed left it",
      remedy: `Drop it, and run REINDEX CONCURRENTLY on \`${index.name.replace(/_ccnew\d*$/, "")}\` again.`,
      fixes: [drop(index)],
    };
  if (/_ccold\d*$/.test(index.name))
    return { why: "a REINDEX CONCURRENTLY could not take it away", remedy: "Drop it: the new index is in its place.", fixes: [drop(index)] };
  if (index.unique)
    return {
      why: "its CREATE INDEX CONCURRENTLY failed, as a rule on rows that are there twice",
      remedy: `Find them with \`${equalRows(index, table)}\`, drop the index, and build it again.`,
      fixes: [drop(index)],
    };
  return {
    why: "its CREATE INDEX CONCURRENTLY did not come to its end",
    remedy: "Build it again with REINDEX INDEX CONCURRENTLY, or drop it.",
    fixes: [rebuild(index)],
  };
}

function toDraft(table: Table, index: Index, database: Database): DatabaseDraft {
  const { why, remedy, fixes } = causeOf(index, table);
  const { bytes } = index;
  const model = modelLabel(database, table);
  return {
    key: [shortName(table), index.name],
    claim: `Index \`${shortName(index)}\` on ${keysOf(index)} is invalid: ${why}.`,
    reason: index.ready ? `No query reads it, and every write of \`${shortName(table)}\` still adds to it.` : "No query reads it.",
    remedy,
    doubt: seesOthers(database) ? "a build that began after the snapshot looks the same" : "a build that another role runs just now looks the same to this one",
    ...(model === undefined ? {} : { model }),
    places: [
      indexSpot(index, bytes === null ? "invalid" : `invalid, ${formatBytes(bytes)}`),
      tableSpot(table),
      ...declarationSpots(database.declarationOf(index), "declared here"),
    ],
    evidence: [catalogEvidence(database, bytes === null ? {} : { bytes })],
    impact: bytes === null ? {} : { bytes: { before: bytes } },
    fixes,
  };
}

/** What others build shows to superusers and to members of these alone. */
function seesOthers({ server: { user } }: Database): boolean {
  return user.superuser || user.memberOf.some((role) => role === "pg_monitor" || role === "pg_read_all_stats");
}

/** There is nothing to undo: what is dropped served no query. */
function drop(index: Index): FixDraft {
  return sqlFix(`Drop the invalid index ${index.name}`, `DROP INDEX CONCURRENTLY IF EXISTS ${tableRef(index)}`);
}

function rebuild(index: Index): FixDraft {
  return sqlFix(`Build the index ${index.name} again`, `REINDEX INDEX CONCURRENTLY ${tableRef(index)}`);
}

function sqlFix(title: string, statement: string): FixDraft {
  return { title, kind: "sql", safety: "review", edits: [], sql: { forward: [statement], reverse: [], isTransactional: false } };
}

/** NULLs are no duplicates, unless the index says so. */
function equalRows({ keys, predicate, nullsNotDistinct }: Index, table: Table): string {
  const columns = keys.map(({ column, expression }) => (column === null ? (expression ?? "") : quoteName(column)));
  return duplicatesSql(table, columns, [...(predicate === null ? [] : [predicate]), ...(nullsNotDistinct ? [] : columns.map((one) => `${one} IS NOT NULL`))]);
}
