/** What the page says a finding costs: of a database's own counters what its change removes, else what was recorded of it. */
import type { Finding } from "../../../model/finding.ts";
import type { Handbook } from "../../../model/handbook.ts";
import { formatTime } from "../../../handbook/overview.ts";
import { costOf } from "../../../select/cost.ts";

/** In the handbook's unit; null where it is not known. */
export function removedBy({ id, impact }: Finding, { changes, time }: Handbook): number | null {
  if (time !== null) return changes.find((one) => one.finding === id)?.gain?.marginal ?? null;
  return costOf({ impact });
}

export function removedWords(finding: Finding, handbook: Handbook): string {
  const removed = removedBy(finding, handbook);
  if (removed === null) return "";
  return handbook.time === null ? `${formatTime(removed)} s/min` : `removes ${formatTime(removed)} ${handbook.time.unit}`;
}
