/** Alerts as files of Prometheus: the rules, and promtool's unit tests of them. */
import { stringify } from "yaml";
import { asTemplate, asText, MINUTE, type Alert, type Trial } from "./alert.ts";
import type { AlertGroup } from "./alerts/all-alerts.ts";
import { selector } from "./promql-text.ts";

/** Beside the rules, as the handbook writes it. */
export const RUNBOOK = "monitoring.md";

/** Anchors as GitHub makes them of a heading that is one word. */
export const anchorOf = (alert: string): string => alert.toLowerCase();

const YAML = { lineWidth: 0 } as const;

/** `for` as Prometheus writes durations. */
export const duration = (seconds: number): string => (seconds % MINUTE === 0 ? `${seconds / MINUTE}m` : `${seconds}s`);

export function ruleFile(name: string, groups: readonly AlertGroup[], head: string): string {
  const file = { groups: groups.map((group) => ({ name: `${name}-${group.name}`, rules: group.alerts.map((alert) => rule(alert)) })) };
  return `${commented(head)}${stringify(file, YAML)}`;
}

function rule(alert: Alert): object {
  return {
    alert: alert.name,
    expr: alert.expr,
    ...(alert.hold === 0 ? {} : { for: duration(alert.hold) }),
    labels: { severity: alert.severity, ...alert.labels },
    annotations: annotations(alert, asTemplate(alert)),
  };
}

function annotations(alert: Alert, say: ReturnType<typeof asTemplate>): Readonly<Record<string, string>> {
  return {
    summary: oneLine(alert.summary(say)),
    description: oneLine(alert.description(say)),
    threshold: oneLine(asTemplate(alert).plain(alert.because)),
    runbook: `${RUNBOOK}#${anchorOf(alert.name)}`,
  };
}

/** A name may hold anything; an annotation is one line. */
const oneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim();

export function ruleTests(file: string, groups: readonly AlertGroup[], head: string): string {
  const cases = groups.flatMap(({ alerts }) => alerts.flatMap((alert) => alert.trials.map((trial): Case => ({ alert, trial }))));
  return `${commented(head)}${stringify({ rule_files: [file], evaluation_interval: "1m", tests: packed(cases).map((one) => test(one)) }, YAML)}`;
}

interface Case {
  readonly alert: Alert;
  readonly trial: Trial;
}

/** Each test starts a Prometheus of its own: trials that cannot touch each other share one. */
function packed(cases: readonly Case[]): Case[][] {
  const packs: Case[][] = [];
  const byTime = cases.toSorted((a, b) => a.trial.at - b.trial.at);
  for (const one of byTime) {
    const fit = packs.find((pack) => pack.every((other) => !touches(one, other)));
    if (fit === undefined) packs.push([one]);
    else fit.push(one);
  }
  return packs;
}

/** One's series are read by the other, or both are told apart by the alert's name alone. */
function touches(one: Case, other: Case): boolean {
  return one.alert.name === other.alert.name || feeds(one, other) || feeds(other, one);
}

const feeds = ({ trial }: Case, { alert }: Case): boolean => trial.series.some(({ metric }) => new RegExp(`\\b${metric}\\b`).test(alert.expr));

/** One alert alone, so that it can be tried without the others. */
export function singleGroup(alert: Alert): AlertGroup[] {
  return [{ name: "single", alerts: [alert] }];
}

function test(pack: readonly Case[]): object {
  return {
    name: pack.map(({ alert, trial }) => `${alert.name}: ${trial.title}`).join("; "),
    interval: "1m",
    input_series: pack.flatMap(({ trial }) => trial.series.map(({ metric, labels, values }) => ({ series: `${metric}${selector(labels)}`, values }))),
    alert_rule_test: pack.map(({ alert, trial }) => ({ eval_time: `${trial.at}m`, alertname: alert.name, exp_alerts: expected(alert, trial) })),
  };
}

function expected(alert: Alert, { fires }: Trial): object[] {
  if (fires === null) return [];
  const said = annotations(alert, asText(alert, fires));
  return [{ exp_labels: { ...fires.labels, severity: alert.severity, ...alert.labels }, exp_annotations: { ...said, threshold: oneLine(alert.because) } }];
}

export const commented = (text: string): string =>
  text
    .split("\n")
    .map((line) => `# ${line}`.trimEnd())
    .join("\n") + "\n";
