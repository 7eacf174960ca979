import type { Finding } from "../model/finding.ts";

/**
 * Seconds of database time a minute that a finding costs, the one unit of cost; null when nothing was recorded.
 * Only an impact in milliseconds per `minute` is a cost; figures per request or row are evidence.
 */
export function costOf({ impact }: Pick<Finding, "impact">): number | null {
  const time = impact.milliseconds;
  if (time?.per !== "minute" || time.before === undefined) return null;
  return (time.before - (time.after ?? 0)) / 1000;
}
