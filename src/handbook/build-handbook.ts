/** Report, advice and evidence, put together as what the handbook says. */
import { createHash } from "node:crypto";
import type { Finding } from "../model/finding.ts";
import type { Handbook, HandbookSection } from "../model/handbook.ts";
import type { Database } from "../model/workload.ts";
import { gainsOf, PLANNED_TOGETHER, sendingShares } from "../workload/gains.ts";
import type { Touched } from "../workload/pieces.ts";
import { recordedTimes, timeBaseOf, timedStatements } from "../workload/time-base.ts";
import { changesOf } from "./changes.ts";
import { correctionsOf } from "./corrections.ts";
import { restatedPlots } from "./restated-plots.ts";
import { evidenceUses } from "./evidence-use.ts";
import { headlineOf, splitOf } from "./headline.ts";
import type { HandbookInput, Work } from "./input.ts";
import { modelsPlot } from "./models-plot.ts";
import { SECTIONS, type OutlineSection } from "./outline.ts";
import { causesPlot, sizesPlot, sourceLinesPlot } from "./overview.ts";
import { recordedAdvice } from "./recorded.ts";
import { plotsOf } from "./section-plots.ts";
import { stateOf } from "./section-state.ts";
import { sinceLast, type HistoryEntry, type HistoryFinding } from "./since.ts";
import { unfoundAdvice } from "./unfound.ts";
import { handbookStatements, sitesOf, statementsBehind } from "./statements.ts";

export function buildHandbook(input: HandbookInput): Handbook {
  const work = startWork(input);
  const { base, report, evidence } = work;
  const changes = changesOf(work);
  const order = changes.map(({ finding }) => finding);
  const behind = statementsBehind(work);
  return {
    project: { ...input.project, django: report.project.django, postgres: evidence.database?.server.version ?? null },
    report,
    shortIds: input.shortIds,
    time: base,
    headline: headlineOf(changes, base, report),
    split: splitOf(changes, base),
    changes,
    rests: evidenceUses(input),
    overview: [causesPlot(work, changes), modelsPlot(work), sourceLinesPlot(work), sizesPlot(work)].filter((one) => one !== null),
    sections: SECTIONS.map((section) => toSection(section, order, work)),
    since: sinceLast(stateOfRun(work), input.history),
    statements: handbookStatements(work, behind),
    behind,
    failures: input.failures,
  };
}

function startWork(input: HandbookInput): Work {
  const { evidence, recordings, report, parts } = input;
  const recording = recordings.at(-1) ?? null;
  const base = timeBaseOf(evidence.database, recording);
  const timed = timedStatements(base, evidence.database, recording);
  const known = new Map(timed.map((one) => [one.id, sitesOf(evidence, one)]));
  const sentFrom: Work["sentFrom"] = ({ id }) => known.get(id) ?? [];
  const recorded = recordedTimes(recording);
  const sending = sendingShares(evidence.database?.workload.plans ?? []);
  const gains =
    base === null ? { ranked: [], touched: new Map() } : gainsOf({ statements: timed, findings: report.findings, parts, recorded, sentFrom, sending });
  const work = { ...input, base, timed, sentFrom, gains };
  return { ...work, advice: [...input.advice, ...recordedAdvice(recordings, report), ...unfoundAdvice(work)] };
}

function toSection({ section, title, analysis, examples }: OutlineSection, order: readonly string[], work: Work): HandbookSection {
  const own = work.report.findings.filter(({ chapter }) => chapter === section);
  const errors = new Set(own.filter(({ severity }) => severity === "error").map(({ id }) => id));
  const inSection = new Set(own.map(({ id }) => id));
  const ids = order.filter((id) => inSection.has(id));
  return {
    section,
    title,
    ...stateOf(section, work),
    findings: [...ids.filter((id) => errors.has(id)), ...ids.filter((id) => !errors.has(id))],
    advice: work.advice.filter((one) => one.section === section),
    plots: [...plotsOf(section, work), ...restatedPlots(section, work)],
    corrections: correctionsOf(section, work),
    pages: [analysis, examples].filter((one) => one !== null),
  };
}

/** What of a run is kept for the next one to compare with. */
export function historyOf(input: HandbookInput, at: string): HistoryEntry {
  const work = startWork(input);
  return { schema: "luthier-history/1", at, commit: input.project.commit, ...stateOfRun(work) };
}

function stateOfRun({
  report,
  gains,
  base,
  timed,
  evidence: { database },
}: Work): Pick<HistoryEntry, "unit" | "total" | "tool" | "evidence" | "statements" | "indexes" | "findings"> {
  const endedEarly = database?.study?.isComplete === false;
  const isSearched = ({ evidence }: Finding): boolean => endedEarly && evidence.some(({ kind }) => kind === "planned");
  const marks = new Map(timed.map(({ id, key }) => [id, markOf(key)]));
  const tables = database === null ? null : indexMarks(database);
  const findings = report.findings
    .map((one) => ({
      id: one.id,
      rule: one.rule,
      claim: one.claim,
      time: base === null ? null : (gains.touched.get(one.id)?.pieces.reduce((sum, { time }) => sum + time, 0) ?? null),
      ...(isSearched(one) ? { isSearched: true as const } : {}),
      ...seenIn(one, gains.touched.get(one.id), marks),
      ...(tables === null || !PLANNED_TOGETHER.has(one.rule) ? {} : indexesOf(one, tables)),
    }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return {
    unit: base?.unit ?? null,
    total: base?.total ?? null,
    tool: report.tool.version,
    evidence: report.evidence,
    statements: [...new Set(marks.values())].toSorted(),
    ...(tables === null ? {} : { indexes: [...tables.values()].toSorted() }),
    findings,
  };
}

/** Nothing but traffic tells of a finding that the source does not; one that the source tells of is found in any traffic. */
function seenIn({ evidence }: Finding, touched: Touched | undefined, marks: ReadonlyMap<string, string>): Pick<HistoryFinding, "seenIn"> {
  if (touched === undefined || touched.link === "line" || evidence.some(({ kind }) => kind === "inferred")) return {};
  return { seenIn: [...new Set(touched.pieces.flatMap(({ statement }) => marks.get(statement) ?? []))].toSorted() };
}

/** By the table's name. */
function indexMarks({ catalog }: Database): ReadonlyMap<string, string> {
  const definitions = new Map<number, string[]>();
  for (const { table, definition } of catalog.indexes) definitions.set(table, [...(definitions.get(table) ?? []), definition]);
  return new Map(
    catalog.tables.map(({ oid, schema, name }) => [`${schema}.${name}`, markOf([`${schema}.${name}`, ...(definitions.get(oid) ?? []).toSorted()].join("\n"))]),
  );
}

function indexesOf({ places }: Finding, tables: ReadonlyMap<string, string>): Pick<HistoryFinding, "indexes"> {
  const [indexes] = places.flatMap(({ object = "" }) => tables.get(object) ?? []);
  return indexes === undefined ? {} : { indexes };
}

/** A statement's key is as long as the statement. */
const markOf = (key: string): string => createHash("sha256").update(key).digest("hex").slice(0, 12);
