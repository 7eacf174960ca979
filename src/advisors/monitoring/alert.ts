/** An alert as data: its expression, what it says, and the trials that show when it fires and when it does not. */
import { selector, type Labels } from "./promql-text.ts";

/** `page`: users feel it, or will within the hour. `ticket`: somebody has to look in the next days. `none`: the heartbeat of alerting itself. */
export type AlertSeverity = "page" | "ticket" | "none";

export interface Alert {
  readonly name: string;
  readonly expr: string;
  /** `for`, in seconds; whole minutes. */
  readonly hold: number;
  readonly severity: AlertSeverity;
  /** Labels of the rule itself: they tell rules of one name apart. */
  readonly labels?: Labels;
  readonly summary: Words;
  readonly description: Words;
  /** Where the threshold comes from, as it is said in the table: `80 % of the 57 connections that max_connections leaves`. */
  readonly because: string;
  /** What to do when it comes, a step a line, for the runbook. */
  readonly steps: readonly string[];
  /** Digits of the value that people read; none when it is not said. */
  readonly digits?: number;
  readonly trials: readonly Trial[];
}

/** The text of an annotation, said once as Prometheus' template and once with a trial's value. */
export type Words = (say: Say) => string;

export interface Say {
  readonly value: string;
  readonly label: (name: string) => string;
  /** A name of the project, whatever is in it. */
  readonly plain: (text: string) => string;
}

/** What the exporter says over time, and whether the alert comes of it. A step is one minute. */
export interface Trial {
  readonly title: string;
  readonly series: readonly { readonly metric: string; readonly labels: Labels; readonly values: string }[];
  /** Minute at which Prometheus is asked. */
  readonly at: number;
  readonly fires: { readonly labels: Labels; readonly value: number } | null;
}

export const MINUTE = 60;

/** Prometheus reads annotations as templates: braces in a name are written so that they stay. */
export function asTemplate({ digits = 0 }: Alert): Say {
  return { value: `{{ $value | printf "%.${digits}f" }}`, label: (name) => `{{ $labels.${name} }}`, plain: (text) => text.replaceAll("{{", '{{"{{"}}') };
}

/** What that template gives for a value and labels. */
export function asText({ digits = 0 }: Alert, { labels, value }: NonNullable<Trial["fires"]>): Say {
  return { value: value.toFixed(digits), label: (name) => labels[name] ?? "", plain: (text) => text };
}

/** For a page that is read before anything has happened. */
export const AS_PAGE: Say = { value: "N", label: (name) => (name === "instance" ? "the exporter" : `the ${name}`), plain: (text) => text };

export type Said = Pick<Alert, "name" | "hold" | "severity" | "summary" | "description" | "because" | "steps" | "digits">;

/** Where the metric is exported: labels of the target, and those that tell series apart. */
export interface Target {
  readonly job: string;
  readonly instance: string;
}

export interface Level extends Said {
  readonly target: Target;
  readonly metric: string;
  /** Labels that pick the series, beside the job. */
  readonly labels?: Labels;
  /** The metric counts in smaller units than `over`: 1,000,000 for bytes in megabytes. */
  readonly scale?: number;
  readonly over: number;
  /** The least that is more, to the metric's own digits. */
  readonly step: number;
  /** A value of an ordinary day. */
  readonly normal: number;
  readonly below?: boolean;
}

/** A gauge above (or below) a limit. */
export function levelAlert(level: Level): Alert {
  const { metric, over, target, labels = {}, below = false } = level;
  const expr = `${below ? "min" : "max"} by (${keysOf(labels)}) (${metric}${selector({ job: target.job, ...labels })})${scaled(level)} ${below ? "<" : ">"} ${over}`;
  return { ...said(level), expr, trials: levelTrials(level) };
}

/** What is left of the labels: the server's address, which the exporter adds, says nothing new. */
const keysOf = (labels: Labels): string => ["job", "instance", ...Object.keys(labels)].join(", ");

const scaled = ({ scale = 1 }: { readonly scale?: number }): string => (scale === 1 ? "" : ` / ${scale}`);

function said({ name, hold, severity, summary, description, because, steps, digits = 0 }: Said): Said {
  return { name, hold, severity, summary, description, because, steps, digits };
}

function levelTrials({ metric, target, labels = {}, scale = 1, over, step, normal, hold, below = false }: Level): Trial[] {
  const minutes = hold / MINUTE;
  const all = { ...target, ...labels };
  const fired = plus(over, below ? -step : step);
  const beyond = fired * scale;
  const series = (values: string): Trial["series"] => [{ metric, labels: { ...all, ...SERVER }, values }];
  const fires = { labels: all, value: fired };
  return [
    { title: "fires", series: series(`${beyond}+0x${minutes + 2}`), at: minutes, fires },
    { title: "just below", series: series(`${over * scale}+0x${minutes + 2}`), at: minutes + 1, fires: null },
    { title: "an ordinary day", series: series(`${normal}+0x${minutes + 2}`), at: minutes + 1, fires: null },
    ...(minutes === 0 ? [] : [{ title: "not for long enough", series: series(`${beyond}+0x${minutes + 2}`), at: minutes - 1, fires: null }]),
    ...(minutes < 2
      ? []
      : [{ title: "not without a break", series: series(`${beyond}+0x${minutes - 2} ${normal} ${beyond}+0x2`), at: minutes + 1, fires: null }]),
  ];
}

/** What the exporter puts on the metrics of its queries. */
export const SERVER: Labels = { server: "db:5432" };

/** Without the crumbs of binary fractions. */
const plus = (one: number, other: number): number => Number((one + other).toPrecision(12));

export interface Jump extends Said {
  readonly target: Target;
  readonly metric: string;
  readonly labels?: Labels;
  readonly scale?: number;
  /** Minutes over which the counter is looked at; longer than `hold`. */
  readonly window: number;
  readonly over: number;
  readonly step: number;
  readonly normal: number;
}

/** A counter that grew by more than so much. */
export function jumpAlert(jump: Jump): Alert {
  const { metric, over, target, labels = {}, window } = jump;
  const expr = `max by (${keysOf(labels)}) (increase(${metric}${selector({ job: target.job, ...labels })}[${window}m]))${scaled(jump)} > ${over}`;
  return { ...said(jump), expr, trials: jumpTrials(jump) };
}

function jumpTrials({ metric, target, labels = {}, scale = 1, over, step, normal, hold, window }: Jump): Trial[] {
  const minutes = hold / MINUTE;
  const all = { ...target, ...labels };
  const beyond = plus(over, step);
  const series = (grown: number): Trial["series"] => [{ metric, labels: { ...all, ...SERVER }, values: jumped(grown * scale, window) }];
  const fires = { labels: all, value: beyond };
  return [
    { title: "fires", series: series(beyond), at: JUMP_AT + minutes, fires },
    { title: "just below", series: series(over), at: JUMP_AT + minutes, fires: null },
    { title: "an ordinary day", series: series(normal), at: JUMP_AT + minutes, fires: null },
    ...(minutes === 0 ? [] : [{ title: "not for long enough", series: series(beyond), at: JUMP_AT + minutes - 1, fires: null }]),
    { title: "over long ago", series: series(beyond), at: JUMP_AT + window + 1, fires: null },
  ];
}

/** A counter starts at 0 and has grown at this minute. */
export const JUMP_AT = 2;

export const jumped = (grown: number, window: number): string => `0 0 ${grown}+0x${window + 2}`;
