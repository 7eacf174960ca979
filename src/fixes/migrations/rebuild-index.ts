import type { FixDraft, Index } from "../../model/index.ts";
import { durationOf, heapBytes, PASSES } from "./durations.ts";
import { runSql } from "./operations.ts";
import { migrationFix, placeOf, sqlFix, type ChangeInput } from "./place.ts";
import { removeIndex } from "./remove-index.ts";
import { createAgain, dropIndex, indexRef } from "./sql-text.ts";

/** Where a change of the database alone is written: once for every database of the project, or for this one. */
export type WrittenAs = "migration" | "sql";

/** A bloated index, or an invalid one that the project wants, built anew beside itself. */
export function rebuildIndex(input: ChangeInput, index: Index, as: WrittenAs = "sql"): FixDraft {
  const table = input.database.table(index.table);
  const title = `Rebuild the index \`${index.name}\``;
  const forward = [`REINDEX INDEX CONCURRENTLY ${indexRef(index)}`];
  const plan = { forward, reverse: [], isTransactional: false };
  if (as === "sql" || table === null) return sqlFix(title, plan);
  const place = placeOf(input, table);
  if ("why" in place) return sqlFix(title, plan, place.why);
  return migrationFix({
    title,
    place,
    steps: [{ slug: `rebuild_${index.name}`, isAtomic: false, operations: [runSql(forward, "noop")] }],
    plan: {
      lock: "SHARE UPDATE EXCLUSIVE",
      duration: durationOf(heapBytes(table), PASSES.buildConcurrently, "read twice"),
      rollback: "Nothing to undo. A rebuild that fails leaves an invalid index with _ccnew in its name: drop that.",
    },
  });
}

/** What a failed build left behind. One that the project declares is built again, any other is dropped. */
export function mendInvalidIndex(input: ChangeInput, index: Index): FixDraft {
  const isLeftOver = /_cc(?:new|old)\d*$/.test(index.name);
  if (!isLeftOver && (index.constraint !== null || input.database.declarationOf(index) !== null)) return rebuildIndex(input, index);
  if (isLeftOver)
    return sqlFix(`Drop the invalid index \`${index.name}\``, {
      forward: [dropIndex(index, true)],
      reverse: [createAgain(index, true)],
      isTransactional: false,
    });
  return removeIndex(input, index);
}
