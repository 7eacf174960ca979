import { existsSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import type { AnalyseOptions, Config, DatabaseEvidence, RecordingEvidence } from "../model/config.ts";
import type { Snapshot } from "../model/database.ts";
import type { Report } from "../model/report.ts";
import { UsageError } from "../model/usage-error.ts";
import type { RenderContext } from "../report/render-context.ts";
import { applyBaseline, type Baseline } from "../select/baseline.ts";
import { selectFindings } from "../select/select-findings.ts";
import { shortIds } from "../select/short-id.ts";
import type { Environment } from "./environment.ts";
import { progressLine } from "./progress.ts";

/** The options that every command that analyses has, as the command line gave them. */
export interface CommonFlags {
  readonly select?: readonly string[];
  readonly ignore?: readonly string[];
  readonly minConfidence?: Config["minConfidence"];
  readonly failOn?: Config["failOn"];
  readonly format?: Config["format"];
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
  readonly since?: string;
  readonly exclude?: readonly string[];
  readonly jobs?: number;
  /** Commander's reading of `--no-cache`: true unless it was given. */
  readonly cache: boolean;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  /** Folders of recordings; without it the project's latest is taken. */
  readonly recording?: readonly string[];
  /** A snapshot's file; without it the project's own is taken. */
  readonly snapshot?: string;
  /** Files of EXPLAIN (FORMAT JSON), and PostgreSQL's logs. */
  readonly plan?: readonly string[];
  readonly log?: readonly string[];
  /** An earlier snapshot to compare with. */
  readonly sinceSnapshot?: string;
  /** The project's Python may be run for its settings. */
  readonly evaluateSettings?: boolean;
  /** Plan the workload with and without indexes. */
  readonly phantom?: boolean;
}

/** Of the search for indexes, at most. */
export const STUDY_SECONDS = 60;

/** An analysis and what a person asked to see of it. */
export interface Prepared {
  readonly root: string;
  readonly config: Config;
  /** With the selected findings only. */
  readonly report: Report;
  /** With all findings. */
  readonly whole: Report;
  readonly context: RenderContext;
  /** The same analysis with other texts for some files. */
  readonly analyseWith: (texts: ReadonlyMap<string, string>) => Promise<Report>;
  /** How many findings the baseline knows that are there no more. */
  readonly stale: number;
}

/** Reads the configuration, runs the analysis and selects the findings. */
export async function prepare(given: string, flags: CommonFlags, commands: ReadonlySet<string>, environment: Environment): Promise<Prepared> {
  const root = findRoot(given, environment.cwd);
  const config = await resolveConfig(root, flags, environment.cwd);
  const baseline = await readBaseline(config, flags.updateBaseline === true);
  const changed = flags.since === undefined ? null : await changedSince(root, flags.since);
  const { findDatabase } = await import("./database.ts");
  const database = await findDatabase(root, flags, environment.cwd);
  const { readRecordings, recordingEvidence, withRecordings } = await import("./recordings.ts");
  const read = await readRecordings(root, flags.recording, environment);
  const evaluate = flags.evaluateSettings === true ? (await import("../sources/evaluate-settings.ts")).settingsEvaluator(root, environment.env) : undefined;
  const known = { config, database, recording: recordingEvidence(read), evaluate, phantom: flags.phantom === true };
  const recorded = await withRecordings(await analyse(root, known, environment), read, root, config.exclude);
  const whole = await withLastProofs(root, recorded, database?.snapshot ?? null);
  if (isNothingExamined(whole)) throw nothingToExamine(given, whole);
  const selected = await selectFrom(whole, { root, config, baseline, changed, commands }, environment);
  const analyseWith = (texts: ReadonlyMap<string, string>): Promise<Report> => analyse(root, known, environment, texts);
  return { root, config, whole, ...selected, analyseWith };
}

interface Asked {
  readonly root: string;
  readonly config: Config;
  readonly baseline: Baseline | null;
  readonly changed: Awaited<ReturnType<typeof changedSince>> | null;
  readonly commands: ReadonlySet<string>;
}

/** Of all findings, those that a person asked to see, and what is needed to show them. */
export async function selectFrom(
  whole: Report,
  { root, config, baseline, changed, commands }: Asked,
  environment: Environment,
): Promise<Pick<Prepared, "report" | "context" | "stale">> {
  const rules = await environment.rules();
  const ids = shortIds(whole.findings);
  const ruleIds = new Set([...rules.map(({ id }) => id), ...whole.findings.map(({ rule }) => rule), "unused-ignore"]);
  const { CHAPTERS } = await import("../handbook/outline.ts");
  const chapters = new Set(CHAPTERS.flatMap(({ chapter, sections }) => [chapter, ...sections.map(({ section }) => section)]));
  const report = selectFindings(whole, { ...config, baseline, changed }, { ruleIds, chapters, shortIds: ids });
  const stale = baseline ? applyBaseline(whole.findings, baseline).stale : 0;
  const { sourceReader } = await import("../sources/source-reader.ts");
  const context = {
    read: sourceReader(root),
    shortIds: ids,
    pathPrefix: pathPrefix(environment.cwd, root),
    project: pathPrefix(environment.cwd, root).replace(/\/$/, ""),
    commands,
    rules,
    failOn: config.failOn,
  };
  return { report, context, stale };
}

/** What `fix --prove` found out is evidence until the code changes, and what was measured on a copy until the database does. */
export async function withLastProofs(root: string, report: Report, snapshot: Snapshot | null): Promise<Report> {
  const { findings } = report;
  const proven = existsSync(path.join(root, ".luthier", "prove")) ? (await import("../sources/proof-file.ts")).withProofs(root, findings) : findings;
  const measured =
    snapshot !== null && existsSync(path.join(root, ".luthier", "measured.json"))
      ? (await import("../sources/measurement-file.ts")).withMeasurements(root, proven, snapshot)
      : proven;
  return { ...report, findings: measured };
}

/** The project's folder, as an absolute path. */
export function findRoot(given: string, cwd: string): string {
  const root = path.resolve(cwd, given);
  const stats = statSync(root, { throwIfNoEntry: false });
  if (!stats) throw new UsageError("no-such-path", `${given} is not there.`, "Give the folder that holds manage.py.");
  if (stats.isDirectory()) return root;
  throw new UsageError("not-a-folder", `${given} is a file.`, "Give the folder that holds manage.py.");
}

const DEFAULTS: Omit<Config, "jobs"> = {
  format: "text",
  select: [],
  ignore: [],
  minConfidence: "likely",
  failOn: "warning",
  baseline: null,
  exclude: [],
  cache: true,
  verbose: false,
  quiet: false,
  settings: [],
  sourceRoots: [],
  perFileIgnores: {},
  conventions: [],
  thresholds: {},
};

/** The part of the options that a configuration file has too. */
type ConfigFlags = Omit<CommonFlags, "since" | "recording" | "snapshot">;

/** The command line beats the file, and the file beats the defaults. */
export async function resolveConfig(root: string, flags: ConfigFlags, cwd: string): Promise<Config> {
  const { readConfiguration } = await import("../sources/configuration.ts");
  const file = await readConfiguration(root);
  const config = {
    ...DEFAULTS,
    jobs: availableParallelism(),
    ...file?.values,
    ...fromFlags(flags, cwd),
  };
  if (flags.updateBaseline && config.baseline === null) {
    throw new UsageError("no-baseline", "--update-baseline needs a file to write.", "Add --baseline FILE.");
  }
  return config;
}

function fromFlags(flags: ConfigFlags, cwd: string): Partial<Config> {
  const { select, ignore, minConfidence, failOn, format, exclude, jobs, verbose, quiet } = flags;
  const baseline = flags.baseline === undefined ? undefined : path.resolve(cwd, flags.baseline);
  const cache = flags.cache ? undefined : false;
  const values = { select, ignore, minConfidence, failOn, format, exclude, jobs, verbose, quiet, baseline, cache };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

export async function readBaseline({ baseline }: Config, isWritten: boolean): Promise<Baseline | null> {
  if (baseline === null) return null;
  const { loadBaseline } = await import("../sources/baseline-file.ts");
  return loadBaseline(baseline, isWritten);
}

export async function changedSince(root: string, ref: string): ReturnType<typeof import("../sources/git.ts").changedSince> {
  return (await import("../sources/git.ts")).changedSince(root, ref);
}

interface Known {
  readonly config: Config;
  readonly database: DatabaseEvidence | null;
  readonly recording: RecordingEvidence | null;
  readonly evaluate?: AnalyseOptions["evaluateSettings"];
  readonly phantom: boolean;
}

async function analyse(
  root: string,
  { config, database, recording, evaluate, phantom }: Known,
  environment: Environment,
  texts?: ReadonlyMap<string, string>,
): Promise<Report> {
  const { exclude, jobs, cache, settings, sourceRoots, conventions, thresholds } = config;
  const progress = progressLine(environment.stderr);
  const active = environment.env["VIRTUAL_ENV"];
  try {
    return await environment.analyse(
      {
        root,
        exclude,
        jobs,
        cache,
        settings,
        sourceRoots,
        conventions,
        thresholds,
        ...(active && { activeEnvironment: active }),
        ...(texts && { texts }),
        ...(database && { database }),
        ...(recording && { recording }),
        ...(evaluate && { evaluateSettings: evaluate }),
        ...(database && phantom && { phantom: { seconds: STUDY_SECONDS } }),
      },
      progress.step,
    );
  } finally {
    progress.end();
  }
}

/** Source alone in which there is neither a model nor a queryset. */
export function isNothingExamined({ evidence, project, coverage, findings }: Report): boolean {
  if (evidence.some((each) => each !== "source")) return false;
  return project.models === 0 && coverage.queryOrigins === 0 && findings.length === 0;
}

export function nothingToExamine(given: string, { coverage: { filesParsed, filesFailed } }: Report): UsageError {
  const why = filesParsed + filesFailed === 0 ? "it holds no Python file" : "no Python file imports Django";
  const where = path.normalize(given) === "." ? "this folder" : given;
  return new UsageError("nothing-examined", `nothing to examine in ${where}: ${why}.`, "Give the folder that holds manage.py, or a recording or a snapshot.");
}

/** Leads from the folder of the command to the root, with forward slashes. */
export function pathPrefix(cwd: string, root: string): string {
  const relative = path.relative(cwd, root).split(path.sep).join("/");
  return relative === "" ? "" : `${relative}/`;
}
