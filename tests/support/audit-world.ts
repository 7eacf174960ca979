/** What one rule says of an audit's fixture, and what must hold of every one. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "vitest";
import { analyse } from "../../src/analyse.ts";
import { runRules } from "../../src/findings/run-rules.ts";
import { applyEdits } from "../../src/fixes/apply.ts";
import type { AnalyseOptions, DatabaseEvidence, Finding, Report, Rule, Verdict } from "../../src/model/index.ts";
import type { Recording } from "../../src/model/recording.ts";
import { openDatabase } from "../../src/open-database.ts";
import type { AuditCase } from "./audit-case.ts";
import type { BuiltDatabase } from "./database-world.ts";
import { emptyRecording } from "./empty-recording.ts";
import { earlierOf, thresholdsIn, withGiven } from "./given.ts";
import { withTraffic, type GivenTraffic } from "./replay-of.ts";
import { SHOP_FILES } from "./shop-project.ts";
import { writeFiles } from "./temporary-folder.ts";
import { countWords } from "./count-words.ts";

export interface AuditVerdict {
  readonly findings: readonly Finding[];
  readonly unknown: readonly Verdict[];
  /** Of all rules, by id; null for a case without source, which one rule alone has seen. */
  readonly counts: ReadonlyMap<string, number> | null;
}

/** `built` is null for a case without a database. */
export async function judgeAudit(rule: Rule, one: AuditCase, built: BuiltDatabase | null, files = one.files): Promise<AuditVerdict> {
  const database = built === null ? null : evidenceOf(one, built);
  const recording = one.recording === null ? null : await recordingOf(one.recording);
  const thresholds = thresholdsIn(one.sql ?? "");
  if (Object.keys(files).length > 0) return verdictOf(rule, await analyseFiles(files, { database, recording, thresholds }));
  const opened = database === null ? null : await openDatabase(database, null);
  const { findings, unknown } = runRules([rule], { source: null, database: opened, recording, thresholds });
  return { findings, unknown, counts: null };
}

function evidenceOf({ sql, name }: AuditCase, { snapshot, plans }: BuiltDatabase): DatabaseEvidence {
  const earlier = earlierOf(snapshot, sql ?? "");
  return {
    snapshot: withGiven(snapshot, sql ?? ""),
    file: ".luthier/snapshot.json.gz",
    plans,
    logged: [],
    ...(earlier === null ? {} : { earlier }),
    stamp: name,
  };
}

interface Beside {
  readonly database: DatabaseEvidence | null;
  readonly recording: Recording | null;
  readonly thresholds: Readonly<Record<string, number>>;
}

async function analyseFiles(files: AuditCase["files"], { database, recording, thresholds }: Beside): Promise<Report> {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), "luthier-audit-")));
  const options: AnalyseOptions = {
    root,
    exclude: [],
    jobs: 1,
    cache: false,
    settings: [],
    sourceRoots: [],
    conventions: [],
    thresholds,
    ...(database === null ? {} : { database }),
    ...(recording === null ? {} : { recording: { recording, stamp: "fixture" } }),
  };
  try {
    writeFiles(root, { ...SHOP_FILES, ...files });
    return await analyse(options, () => undefined);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function verdictOf({ meta }: Rule, report: Report): AuditVerdict {
  const counts = new Map<string, number>();
  for (const { rule } of report.findings) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return { findings: report.findings.filter(({ rule }) => rule === meta.id), unknown: report.coverage.unknown.filter(({ rule }) => rule === meta.id), counts };
}

async function recordingOf(json: string): Promise<Recording> {
  const { traffic, ...given } = JSON.parse(json) as Partial<Recording> & { readonly traffic?: GivenTraffic };
  const strangers = Object.keys(given).filter((key) => !(key in emptyRecording()));
  expect(strangers, "keys that no recording has").toEqual([]);
  const recording = { ...emptyRecording(), ...given };
  return traffic === undefined ? recording : withTraffic(recording, traffic);
}

/** Each mark is met by a finding, each finding by a mark; a good case is silent and leaves nothing unjudged. */
export async function expectVerdict(rule: Rule, one: AuditCase, built: BuiltDatabase | null): Promise<void> {
  const verdict = await judgeAudit(rule, one, built);
  const { findings, unknown } = verdict;
  const unjudged = unknown.map(({ object = "", why }) => `${object}: ${why}`);
  if (one.kind !== "bad") expect(describeFindings(findings)).toBe("");
  else if (!one.isMarked) expect(findings.length).toBeGreaterThan(0);
  else expectMarks(one, findings);
  if (one.kind === "unknown") {
    expect(one.expected.length, "an unknown case says what is not judged").toBeGreaterThan(0);
    expect(missing(one.expected, unjudged), unjudged.join("\n")).toEqual([]);
  }
  if (one.kind === "good" && one.isMarked) expect(unjudged).toEqual([]);
  for (const finding of findings) expectWhole(finding);
  await expectFixes(rule, one, built, verdict);
}

function expectMarks(one: AuditCase, findings: readonly Finding[]): void {
  expect(one.expected.length + one.expectedLines.length, "a bad fixture says what it expects").toBeGreaterThan(0);
  expect(missing(one.expected, findings.map(wordsOf)), describeFindings(findings)).toEqual([]);
  const lines = findings.flatMap(({ places }) => places.map(({ file, line }) => `${file}:${line}`));
  expect(
    one.expectedLines.map(({ file, line }) => `${file}:${line}`).filter((mark) => !lines.includes(mark)),
    describeFindings(findings),
  ).toEqual([]);
  const unmarked = findings.filter(
    (finding) => !one.expected.some((words) => wordsOf(finding).includes(words)) && !one.expectedLines.some((mark) => isAt(finding, mark)),
  );
  expect(describeFindings(unmarked), "findings without a mark").toBe("");
}

const isAt = ({ places }: Finding, mark: { readonly file: string; readonly line: number }): boolean =>
  places.some(({ file, line }) => file === mark.file && line === mark.line);

const missing = (expected: readonly string[], said: readonly string[]): string[] => expected.filter((words) => !said.some((text) => text.includes(words)));

const wordsOf = ({ places, claim }: Finding): string => [...places.map(({ role, object = "" }) => `${role} ${object}`), claim].join("\n");

const LONGEST_CLAIM = 25;

function expectWhole(finding: Finding): void {
  expect(countWords(finding.claim), finding.claim).toBeLessThanOrEqual(LONGEST_CLAIM);
  expect(finding.claim).not.toMatch(/\b(?:may|might|consider|potential|potentially|significant|significantly|undefined|null|NaN)\b/);
  for (const text of [finding.doubt, finding.message]) expect(text).toMatch(/\S/);
  expect(finding.places.length).toBeGreaterThan(0);
  expect(finding.evidence.length).toBeGreaterThan(0);
  for (const { note } of finding.evidence) expect(note ?? "").toMatch(/\S/);
}

/** Each edit, applied alone, leaves one finding fewer and brings none of another rule; SQL runs, forth and back. */
async function expectFixes(rule: Rule, one: AuditCase, built: BuiltDatabase | null, before: AuditVerdict): Promise<void> {
  for (const finding of before.findings) {
    for (const fix of finding.fixes) {
      if (fix.sql !== undefined) runBothWays(fix.sql, built);
      if (fix.edits.length === 0 || before.counts === null) continue;
      const after = await judgeAudit(rule, one, built, { ...one.files, ...editedFiles(one, fix.edits) });
      expect(after.findings.length, `${fix.title}: ${describeFindings(after.findings)}`).toBeLessThan(before.findings.length);
      const raised = [...(after.counts ?? [])].filter(([id, count]) => count > (before.counts?.get(id) ?? 0));
      expect(raised, `${fix.title} raises others`).toEqual([]);
    }
  }
}

function editedFiles({ files }: AuditCase, edits: Finding["fixes"][number]["edits"]): Record<string, string> {
  const touched = [...new Set(edits.map(({ file }) => file))];
  return Object.fromEntries(
    touched.map((file) => {
      const outcome = applyEdits(
        files[file] ?? SHOP_FILES[file] ?? "",
        edits.filter((edit) => edit.file === file),
      );
      expect(outcome).toMatchObject({ ok: true });
      return [file, outcome.ok ? outcome.text : ""];
    }),
  );
}

function runBothWays({ forward, reverse, isTransactional }: NonNullable<Finding["fixes"][number]["sql"]>, built: BuiltDatabase | null): void {
  for (const statements of [forward, reverse]) {
    const text = `${statements.map((statement) => statement.replace(/;?\s*$/, ";")).join("\n")}\n`;
    built?.run(isTransactional ? `BEGIN;\n${text}COMMIT;` : text);
  }
  if (reverse.some((statement) => statement.startsWith("ALTER SYSTEM"))) built?.run("ALTER SYSTEM RESET ALL;\nSELECT pg_reload_conf();");
}

function describeFindings(findings: readonly Finding[]): string {
  return findings
    .map(
      ({ claim, places }) =>
        `${claim} ${places.map(({ role, object, file, line }) => (object === undefined ? `${file}:${line}` : `${role} ${object}`)).join(", ")}`,
    )
    .join("\n");
}
