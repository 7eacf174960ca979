/** Who waits for the queries of a line, by where Django projects keep such code: a request first, then a task, a page of the admin, a command. */
import type { Finding } from "../model/finding.ts";
import { mainPlace } from "./source-line.ts";

const LATER: readonly RegExp[] = [
  /(?:^|\/)(?:tasks?|jobs?|cron)(?:\.py$|\/)|_tasks?\.py$/,
  /(?:^|\/)admin(?:\.py$|\/)|_admin\.py$/,
  /(?:^|\/)management\/commands\//,
];

/** 0 for what a request may wait for; the higher, the fewer wait. */
export function waitRank(finding: Pick<Finding, "places" | "chapter">): number {
  const file = mainPlace(finding)?.file ?? "";
  return LATER.findLastIndex((path) => path.test(file)) + 1;
}
