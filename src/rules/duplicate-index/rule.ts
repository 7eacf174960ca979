import { removeIndex } from "../../fixes/migrations/index.ts";
import { formatBytes } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, Index, Rule, Table } from "../../model/index.ts";
import { catalogEvidence, catalogGaps } from "../database/evidence.ts";
import { indexBytes, judgedTables, ownIndexes } from "../database/index-figures.ts";
import { declarationSpots, indexSpot, keysOf, modelLabel, shortName, tableSpot } from "../database/names.ts";
import { neededBy, withRemovalProof } from "../database/removal.ts";
import { isDroppable, sameStructure } from "../database/index-structure.ts";

export const rule: Rule = {
  meta: {
    id: "duplicate-index",
    chapter: "1.2",
    summary: "Two indexes of a table are the same",
    severity: "warning",
    confidence: "certain",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database } = input;
    const pairs = judgedTables(database).flatMap((table) =>
      duplicatesOf(table, database).map(([index, twin]) => ({ table, index, twin, needed: neededBy(index, database) })),
    );
    return {
      drafts: pairs.flatMap(({ table, index, twin, needed }) =>
        needed === null ? [withRemovalProof(toDraft(table, index, twin, input), index, database)] : [],
      ),
      unjudged: [...pairs.flatMap(({ needed }) => needed ?? []), ...catalogGaps(database, "indexes")],
      examined: `${database.catalog.indexes.length} indexes`,
    };
  },
};

/** Each index that has an equal, with the one that stays. */
function duplicatesOf(table: Table, database: Database): (readonly [Index, Index])[] {
  const indexes = ownIndexes(table, database).filter((index) => index.valid);
  return indexes.flatMap((index) => {
    if (!isDroppable(index)) return [];
    const equals = indexes.filter((other) => other !== index && sameStructure(index, other));
    const stays = equals.reduce(staysOf, index);
    return stays === index ? [] : [[index, stays] as const];
  });
}

/** Of equal ones a single one stays: what a constraint needs, what is unique, what is older. */
function staysOf(one: Index, other: Index): Index {
  if (isDroppable(one) !== isDroppable(other)) return isDroppable(one) ? other : one;
  if (one.unique !== other.unique) return one.unique ? one : other;
  return one.oid < other.oid ? one : other;
}

function toDraft(table: Table, index: Index, twin: Index, input: DatabaseInput): DatabaseDraft {
  const { database } = input;
  const bytes = indexBytes(index, database);
  const size = bytes === null ? "" : ` and takes ${formatBytes(bytes)}`;
  const model = modelLabel(database, table);
  return {
    key: [shortName(table), index.name],
    claim: `Index \`${shortName(index)}\` repeats \`${shortName(twin)}\` on ${keysOf(index)}${size}.`,
    reason: "Every write of the table keeps both up to date, and no query can use the second one for anything that the first one does not do.",
    remedy: `Drop \`${shortName(index)}\`.`,
    doubt: "an index hint or a script that names this index by its name would miss it",
    ...(model === undefined ? {} : { model }),
    places: [
      indexSpot(index, bytes === null ? undefined : formatBytes(bytes)),
      tableSpot(table),
      ...declarationSpots(database.declarationOf(index), "declared here"),
      ...declarationSpots(database.declarationOf(twin), "and here, the one that stays"),
    ],
    evidence: [catalogEvidence(database, bytes === null ? {} : { bytes })],
    impact: bytes === null ? {} : { bytes: { before: bytes, after: 0 } },
    fixes: [removeIndex(input, index)],
  };
}
