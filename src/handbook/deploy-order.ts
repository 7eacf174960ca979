/** What has to be deployed before what: indexes that replace others before those are dropped, code before the column that it reads goes. */
import type { Finding, Fix } from "../model/finding.ts";
import type { Change } from "../model/handbook.ts";

type Earlier = ReadonlyMap<string, Change["after"]>;

/** An index is dropped once the indexes are there that its table is to get; what is only possible is not waited for. */
export function indexesFirst(findings: readonly Finding[]): Earlier {
  const makers = findings.filter(({ fixes: [fix], confidence }) => confidence !== "possible" && kindOf(fix) === "add-index");
  return new Map(
    findings.flatMap((finding) => {
      const table = tableOf(finding);
      if (table === null || kindOf(finding.fixes[0]) !== "drop-index") return [];
      const earlier = makers.filter((maker) => tableOf(maker) === table);
      return [[finding.id, earlier.map(({ id }) => ({ finding: id, why: `\`${table}\` is read by the new index first; then the old one can go` }))] as const];
    }),
  );
}

/** Migrations of one app that change one file follow one another, in the order of the plan. */
export function migrationsInOrder(findings: readonly Finding[], known: Earlier): Earlier {
  const after = new Map(known);
  const last = new Map<string, Finding>();
  for (const finding of findings) {
    const follows = finding.fixes[0]?.migration?.follows;
    if (follows === undefined) continue;
    const before = last.get(follows.app);
    const own = after.get(finding.id) ?? [];
    if (before !== undefined && !own.some((one) => one.finding === before.id))
      after.set(finding.id, [...own, { finding: before.id, why: `both add a migration to \`${follows.app}\` after ${follows.name}` }]);
    last.set(follows.app, finding);
  }
  return after;
}

export type DeployKind = "setting" | "add-index" | "drop-index" | "drop-column" | "upkeep" | "other-migration" | "code" | "none";

/** Statements that no code waits for: upkeep and settings. */
const UPKEEP =
  /^\s*(?:VACUUM|ANALYZE|REINDEX|CLUSTER|ALTER (?:SYSTEM|ROLE|DATABASE|USER)\b|SET\b|SELECT pg_|ALTER TABLE \S+ (?:SET|RESET) \(|ALTER INDEX \S+ (?:SET|RESET) \(|CREATE STATISTICS|ALTER TABLE \S+ ALTER COLUMN \S+ SET STATISTICS)/i;

/** By what a fix does to the database. */
export function kindOf(fix: Fix | undefined): DeployKind {
  if (fix === undefined) return "none";
  const text = [...(fix.sql?.forward ?? []), ...fix.edits.filter(({ file }) => fix.migration?.follows?.files.includes(file)).map((edit) => edit.text)].join(
    "\n",
  );
  if (fix.kind === "config" && fix.edits.length === 0) return "setting";
  // A build that failed before leaves an index, which the migration drops before it builds.
  if (/\bADD CONSTRAINT\b|AddConstraint/i.test(text)) return "other-migration";
  if (/\bDROP INDEX\b|RemoveIndex/i.test(text)) return "drop-index";
  if (/\bCREATE (?:UNIQUE )?INDEX\b|AddIndex/i.test(text)) return "add-index";
  if (/\bDROP COLUMN\b|RemoveField/i.test(text)) return "drop-column";
  if (fix.kind === "sql" && (fix.sql?.forward ?? []).length > 0 && (fix.sql?.forward ?? []).every((one) => UPKEEP.test(one))) return "upkeep";
  if (fix.migration !== undefined || fix.sql !== undefined) return "other-migration";
  return fix.edits.length > 0 ? "code" : "none";
}

/** What these rules have dropped has another index in its place already. */
const SERVED_BY_OTHER: ReadonlySet<string> = new Set(["redundant-index", "duplicate-index"]);

/** When to run it, beside the code of the same fix. */
export function deployNote(fix: Fix | undefined, rule = ""): string {
  const isServedByOther = SERVED_BY_OTHER.has(rule);
  const isConcurrent = [...(fix?.sql?.forward ?? []), ...(fix?.edits ?? []).map(({ text }) => text)].some((text) => /CONCURRENTLY|Concurrently/.test(text));
  const outside = isConcurrent ? ", outside of a transaction (CONCURRENTLY)" : "";
  switch (kindOf(fix)) {
    case "add-index":
      return `migrate before the code${outside}`;
    case "setting":
      return "any time, no code waits for it";
    case "drop-index":
      return isServedByOther ? `any time, the other index serves its statements${outside}` : `migrate once nothing asks for it${outside}`;
    case "drop-column":
      return "deploy the code without the column on all hosts first, then migrate";
    case "upkeep":
      return `any time, no code waits for it${outside}`;
    case "other-migration":
      return "migrate before the code that relies on it";
    case "code":
      return "code alone";
    default:
      return "";
  }
}

function tableOf({ places }: Finding): string | null {
  return places.find(({ role, object }) => role === "table" && object !== undefined)?.object ?? null;
}
