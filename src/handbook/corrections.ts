/** Advice that is often given and that this project's own figures contradict; what they do not show is not said. */
import type { Finding } from "../model/finding.ts";
import type { HandbookSection } from "../model/handbook.ts";
import { formatBytes, formatCount, formatNumber } from "../model/numbers.ts";
import type { Work } from "./input.ts";
import { ownColumns } from "../rules/database/columns.ts";

type Correction = HandbookSection["corrections"][number];

export function correctionsOf(section: string, work: Work): readonly Correction[] {
  const all: Readonly<Record<string, readonly ((work: Work) => Correction | null)[]>> = {
    "1.3": [textOrVarchar, smallKeys],
    "2.5": [genericKeys],
    "3.4": [onlyAndJoins],
    "4.1": [driverAsPool],
  };
  return (all[section] ?? []).flatMap((one) => one(work) ?? []);
}

/** Both are one type of variable length inside: neither the width nor the time differs. */
function textOrVarchar({ evidence: { database } }: Work): Correction | null {
  if (database === null) return null;
  const columns = ownColumns(database);
  const [text, varchar] = ["text", "varchar"].map((name) => columns.filter(({ column }) => column.typeName === name));
  const widest = text
    ?.filter(({ column }) => column.statistics !== null)
    .toSorted((a, b) => (b.column.statistics?.averageWidth ?? 0) - (a.column.statistics?.averageWidth ?? 0))[0];
  if (text === undefined || varchar === undefined || text.length === 0 || varchar.length === 0 || widest === undefined) return null;
  const name = `${widest.table.name}.${widest.column.name}`;
  return {
    advice: "Avoid text where character or varchar suffices.",
    truth: "PostgreSQL keeps `text` and `varchar(n)` in the same form; a limit is a check on writing, not a size.",
    shown: `${formatCount(text.length, "column")} of this database ${text.length === 1 ? "is" : "are"} text and ${formatNumber(varchar.length)} varchar; the widest text, \`${name}\`, takes ${formatBytes(widest.column.statistics?.averageWidth ?? 0)} a row by its values, and would take the same as varchar.`,
  };
}

function smallKeys({ report }: Work): Correction | null {
  const worst = report.findings.find(({ rule }) => rule === "integer-exhaustion");
  if (worst === undefined) return null;
  return {
    advice: "Use int instead of bigint if the range allows it.",
    truth: "A key only grows, and widening it later rewrites the table under a lock.",
    shown: worst.claim,
  };
}

function genericKeys({ report }: Work): Correction | null {
  const worst = worstOf(report.findings, "generic-foreign-key-lazy");
  if (worst === null) return null;
  return {
    advice: "GenericForeignKey and GenericRelation optimise by loading lazily.",
    truth: "What is read for each row is then fetched for each row.",
    shown: `${worst.claim} ${recordedWords(worst)}`.trim(),
  };
}

function onlyAndJoins({ report }: Work): Correction | null {
  const worst = worstOf(report.findings, "only-without-foreign-key") ?? worstOf(report.findings, "harmful-only");
  if (worst === null) return null;
  return {
    advice: "Use only() and defer() to prevent joins.",
    truth: "They choose columns; a join stays, and a column that is left out and read is fetched by a statement of its own.",
    shown: `${worst.claim} ${recordedWords(worst)}`.trim(),
  };
}

function driverAsPool({ evidence: { deployment } }: Work): Correction | null {
  const driver = deployment.packages.get("psycopg2") ?? deployment.packages.get("psycopg2-binary");
  if (driver === undefined || driver.spot === null) return null;
  const { file } = driver.spot.span;
  const pools = ["psycopg-pool", "django-db-connection-pool", "django-postgrespool2"].filter((name) => deployment.packages.has(name));
  return {
    advice: "Use a connection pool library such as psycopg2.",
    truth: "Django asks no pool of psycopg2: each thread opens a connection of its own and keeps it for CONN_MAX_AGE.",
    shown: `\`${file}\` names psycopg2${driver.version === null ? "" : ` ${driver.version}`} and ${pools.length === 0 ? "no pool" : pools.map((one) => `\`${one}\``).join(", ")}.`,
  };
}

function worstOf(findings: readonly Finding[], rule: string): Finding | null {
  const statements = (one: Finding): number => one.impact.statements?.before ?? 0;
  return findings.filter((one) => one.rule === rule).toSorted((a, b) => statements(b) - statements(a) || (a.id < b.id ? -1 : 1))[0] ?? null;
}

function recordedWords({ evidence, places }: Finding): string {
  const seen = evidence.find(({ kind }) => kind === "recorded" || kind === "proven");
  const last = places.findLast(({ line }) => line > 0);
  const where = last === undefined ? "" : `\`${last.file}:${last.line}\``;
  if (seen?.["statements"] === undefined) return where === "" ? "" : `It stands in ${where}.`;
  return `${where} sent ${formatCount(Number(seen["statements"]), "statement")}${seen.note === undefined ? "" : ` (${seen.note})`}.`;
}
