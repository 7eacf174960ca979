import path from "node:path";
import type { Advice, Advisor } from "../model/advice.ts";
import type { AdvisorFailure, Handbook } from "../model/handbook.ts";
import type { Config } from "../model/config.ts";
import type { Report } from "../model/report.ts";
import type { EvidenceInput } from "../model/rule.ts";
import type { RenderContext } from "../report/render-context.ts";
import type { RenderedHandbook } from "../report/handbook/markdown/render-handbook.ts";
import { reachesConfidence, reachesSeverity } from "../select/severity.ts";
import { cleanLine } from "../report/clean-text.ts";
import type { JoinedReport } from "../workload/join-recordings.ts";
import type { Environment } from "./environment.ts";
import {
  changedSince,
  findRoot,
  isNothingExamined,
  nothingToExamine,
  readBaseline,
  resolveConfig,
  selectFrom,
  STUDY_SECONDS,
  withLastProofs,
  type CommonFlags,
} from "./prepare.ts";
import { progressLine } from "./progress.ts";
import type { ReadRecordings } from "./recordings.ts";

export interface TuneFlags extends CommonFlags {
  readonly db?: readonly string[];
  readonly pgbouncer?: string;
  readonly out?: string;
  /** Commander's reading of `--no-phantom`: true unless it was given. */
  readonly phantom: boolean;
  /** Of one statement of the snapshot, in seconds. */
  readonly timeout: number;
}

/** `luthier tune`: all evidence, all rules and advisors, and the handbook. 1 when a finding at or above `--fail-on` is left, else 0. */
export async function tune(given: string, flags: TuneFlags, commands: ReadonlySet<string>, environment: Environment): Promise<number> {
  const root = findRoot(given, environment.cwd);
  const folder = flags.out === undefined ? path.join(root, ".luthier", "handbook") : path.resolve(environment.cwd, flags.out);
  const { refuseOtherFolder, writeHandbook } = await import("../sources/handbook-folder.ts");
  refuseOtherFolder(folder);
  const config = await resolveConfig(root, flags, environment.cwd);
  // A handbook is read, not run in a pipeline: what is only possible stands in it too, and says so.
  const shown = { ...config, minConfidence: flags.minConfidence ?? (config.minConfidence === "likely" ? "possible" : config.minConfidence) };
  if (flags.db !== undefined && flags.db.length > 0) await lookAtDatabase(root, flags, environment);
  const gathered = await gather(given, root, { flags, config: shown, commands }, environment);
  const { handbook, context, history } = await put(gathered, root, environment);
  const rendered = await render(handbook, context, { root, folder });
  const { bytes, notes } = writeHandbook(folder, rendered);
  const { addToHistory } = await import("../sources/history.ts");
  addToHistory(root, history);
  await say(handbook, { context, root, folder, config, bytes, notes, rendered }, environment);
  return handbook.report.findings.some(
    ({ severity, confidence }) => reachesSeverity(severity, config.failOn) && reachesConfidence(confidence, config.minConfidence),
  )
    ? 1
    : 0;
}

async function lookAtDatabase(root: string, flags: TuneFlags, environment: Environment): Promise<void> {
  const { takeSnapshot } = await import("./snapshot.ts");
  const { db = [], timeout, snapshot, pgbouncer } = flags;
  await takeSnapshot(
    root,
    { db, timeout, ...(snapshot === undefined ? {} : { out: snapshot }), ...(pgbouncer === undefined ? {} : { pgbouncer }) },
    environment,
  );
}

// ---------------------------------------------------------------------------------------------- evidence

interface Gathered {
  readonly report: Report;
  readonly whole: Report;
  readonly context: RenderContext;
  readonly evidence: EvidenceInput;
  readonly read: ReadRecordings;
  readonly parts: JoinedReport["parts"];
}

interface Asked {
  readonly flags: TuneFlags;
  readonly config: Config;
  readonly commands: ReadonlySet<string>;
}

async function gather(given: string, root: string, { flags, config, commands }: Asked, environment: Environment): Promise<Gathered> {
  const baseline = await readBaseline(config, false);
  const changed = flags.since === undefined ? null : await changedSince(root, flags.since);
  const [{ findDatabase }, { readRecordings, recordingEvidence, joinedWithRecordings }, { examine }] = await Promise.all([
    import("./database.ts"),
    import("./recordings.ts"),
    import("../analyse.ts"),
  ]);
  const database = await findDatabase(root, flags, environment.cwd);
  const read = await readRecordings(root, flags.recording, environment);
  const recording = recordingEvidence(read);
  const { exclude, jobs, cache, settings, sourceRoots, conventions, thresholds } = config;
  const active = environment.env["VIRTUAL_ENV"];
  const evaluateSettings =
    flags.evaluateSettings === true ? (await import("../sources/evaluate-settings.ts")).settingsEvaluator(root, environment.env) : undefined;
  const progress = progressLine(environment.stderr);
  const options = {
    root,
    exclude,
    jobs,
    cache,
    settings,
    sourceRoots,
    conventions,
    thresholds,
    ...(active && { activeEnvironment: active }),
    ...(database && { database }),
    ...(recording && { recording }),
    ...(evaluateSettings && { evaluateSettings }),
    ...(database && flags.phantom && { phantom: { seconds: STUDY_SECONDS } }),
  };
  const { report: analysed, evidence } = await examine(options, progress.step).finally(() => progress.end());
  const { relationTargets } = await import("../workload/relation-tables.ts");
  const joined = await joinedWithRecordings(analysed, read, root, exclude, evidence.source === null ? undefined : relationTargets(evidence.source.graph));
  const whole = await withLastProofs(root, joined.report, database?.snapshot ?? null);
  if (isNothingExamined(whole)) throw nothingToExamine(given, whole);
  const { report, context } = await selectFrom(whole, { root, config, baseline, changed, commands }, environment);
  return { report, whole, context, evidence, read, parts: joined.parts };
}

// ---------------------------------------------------------------------------------------------- the handbook

interface Put {
  readonly handbook: Handbook;
  readonly context: RenderContext;
  readonly history: import("../handbook/since.ts").HistoryEntry;
}

async function put({ report, whole, context, evidence, read, parts }: Gathered, root: string, environment: Environment): Promise<Put> {
  const [{ buildHandbook, historyOf }, { loadAdvisors }, { readHistory }, { currentCommit }] = await Promise.all([
    import("../handbook/build-handbook.ts"),
    import("../advisors/load-advisors.ts"),
    import("../sources/history.ts"),
    import("../sources/git.ts"),
  ]);
  const { advice, failures } = await askAdvisors(await loadAdvisors(), { ...evidence, findings: report.findings, parts }, environment);
  const at = await currentCommit(root);
  const input = {
    project: { name: path.basename(root), commit: at?.commit ?? null, isDirty: at?.isDirty ?? false },
    report,
    whole,
    evidence,
    recordings: read.recordings,
    parts,
    advice,
    failures,
    shortIds: context.shortIds,
    rules: context.rules,
    history: readHistory(root),
    read: context.read,
  };
  return { handbook: buildHandbook(input), context, history: historyOf(input, new Date().toISOString()) };
}

/** One that fails takes nothing of the others with it. */
export async function askAdvisors(
  advisors: readonly Advisor[],
  input: Parameters<Advisor["advise"]>[0],
  { stderr }: Pick<Environment, "stderr">,
): Promise<{ readonly advice: readonly Advice[]; readonly failures: readonly AdvisorFailure[] }> {
  const advice: Advice[] = [];
  const failures: AdvisorFailure[] = [];
  const progress = progressLine(stderr);
  for (const [index, advisor] of advisors.entries()) {
    progress.step({ phase: "advising", done: index, total: advisors.length, unit: "advisors" });
    try {
      advice.push(...(await advisor.advise(input)));
    } catch (error) {
      const [why = "no reason given"] = (error instanceof Error ? error.message : String(error)).split("\n");
      failures.push({ advisor: advisor.id, sections: advisor.sections ?? [], why: cleanLine(why).replace(/\.$/, "") });
    }
  }
  progress.end();
  return { advice, failures };
}

async function render(
  handbook: Handbook,
  context: RenderContext,
  { root, folder }: { readonly root: string; readonly folder: string },
): Promise<RenderedHandbook> {
  const [{ renderHandbook }, { renderHandbookPage }, { readHandbookAssets, readPlotStyle }, { findingHref }] = await Promise.all([
    import("../report/handbook/markdown/render-handbook.ts"),
    import("../report/handbook/html/handbook-page.ts"),
    import("../sources/page-assets.ts"),
    import("../report/handbook/markdown/context.ts"),
  ]);
  const shared = { ...context, project: "", pathPrefix: `${posix(path.relative(folder, root)) || "."}/` };
  const { pages, files } = renderHandbook(handbook, { ...shared, folder: posix(path.relative(root, folder)), plotStyle: readPlotStyle() });
  const titles = [...pages].map(([file, text]) => ({ file, title: /^# (.+)$/m.exec(text)?.[1]?.replaceAll("`", "") ?? file }));
  const page = renderHandbookPage(handbook, {
    ...shared,
    assets: readHandbookAssets(),
    findingPage: (finding) => findingHref(handbook, finding),
    pages: titles,
  });
  return { pages, files: new Map([...files, ["index.html", page]]) };
}

const posix = (file: string): string => file.split(path.sep).join("/");

interface Said {
  readonly context: RenderContext;
  readonly root: string;
  readonly folder: string;
  readonly config: Config;
  readonly bytes: number;
  readonly notes: number;
  readonly rendered: RenderedHandbook;
}

async function say(handbook: Handbook, { context, root, folder, config, notes, rendered }: Said, environment: Environment): Promise<void> {
  const [{ renderTune }, { textStyle }] = await Promise.all([import("../report/handbook/tune-text.ts"), import("./terminal.ts")]);
  const style = textStyle(environment, root, config);
  const shown = posix(path.relative(environment.cwd, folder)) || ".";
  const written = { folder: shown, pages: rendered.pages.size, pageBytes: Buffer.byteLength(rendered.files.get("index.html") ?? ""), notes };
  environment.stdout.write(renderTune(handbook, { context, written }, style));
}
