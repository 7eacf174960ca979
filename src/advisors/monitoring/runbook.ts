/** What to do when an alert comes: a heading each, which the alerts' annotations point to. */
import { AS_PAGE, type Alert } from "./alert.ts";
import type { AlertGroup } from "./alerts/all-alerts.ts";
import { duration } from "./rule-files.ts";
import type { Watched } from "./watched.ts";

const SEVERITY = { page: "Pages whoever is on duty", ticket: "Makes a ticket", none: "Goes to the dead man's switch" } as const;

export function runbook({ database, target }: Watched, groups: readonly AlertGroup[]): string {
  const byName = new Map<string, Alert[]>();
  for (const alert of groups.flatMap(({ alerts }) => alerts)) byName.set(alert.name, [...(byName.get(alert.name) ?? []), alert]);
  return [
    `# Alerts of ${inline(database.catalog.database.name)}`,
    "",
    `Job \`${target.job}\`, PostgreSQL ${database.server.version}, snapshot of ${database.snapshot.takenAt.slice(0, 10)}. Thresholds were computed from that snapshot; \`prometheus/rules_test.yml\` has the series on which each alert comes and does not.`,
    "",
    ...[...byName].flatMap(([name, alerts]) => section(name, alerts)),
  ].join("\n");
}

function section(name: string, alerts: readonly Alert[]): string[] {
  const [first] = alerts;
  if (first === undefined) return [];
  return [
    `## ${name}`,
    "",
    `${SEVERITY[first.severity]}${first.hold === 0 ? ", at once." : `, after ${duration(first.hold)}.`} ${inline(first.description(AS_PAGE))}`,
    "",
    alerts.length === 1
      ? `Threshold: ${inline(first.because)}.`
      : `Thresholds:\n\n${alerts.map((one) => `- ${inline(headOf(one))}${inline(one.because)}`).join("\n")}`,
    "",
    ...first.steps.map((step, index) => `${index + 1}. ${inline(step)}`),
    "",
  ];
}

const headOf = ({ labels = {} }: Alert): string =>
  Object.values(labels)
    .map((value) => `${value}: `)
    .join("");

/** Text of a project in Markdown: shown, never read as markup. */
const inline = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, " ").replaceAll(/[\\`*<>[\]|]/g, "\\$&");
