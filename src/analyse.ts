/** The program as its steps: read, link, judge, report. */
import { createHash } from "node:crypto";
import path from "node:path";
import { loadStubs } from "./builtin/load-stubs.ts";
import { createEngine } from "./dataflow/create-engine.ts";
import type { Engine } from "./dataflow/engine.ts";
import { runGuessedRoots, runUncalled } from "./dataflow/guessed-roots.ts";
import { runRoots } from "./dataflow/roots.ts";
import { TemplateStore } from "./dataflow/template-store.ts";
import { NO_DEPLOYMENT } from "./deployment/no-deployment.ts";
import { withEvaluated } from "./deployment/evaluated.ts";
import { readDeployment } from "./deployment/read-deployment.ts";
import { positionOf } from "./findings/positions.ts";
import { runRules, type Verdicts } from "./findings/run-rules.ts";
import { frameworkHooks } from "./frameworks/registry.ts";
import type {
  AnalyseOptions,
  Coverage,
  Database,
  DatabaseEvidence,
  Deployment,
  EvidenceInput,
  Notice,
  Progress,
  Report,
  Rule,
  RuleInput,
  RuleMeta,
  SourceFacts,
  StatementSite,
} from "./model/index.ts";
import { environmentOf, readProject, type ReadProject } from "./read-project.ts";
import { loadRuleMetas, loadRules } from "./rules/load-rules.ts";
import { applyIgnores, type Comment } from "./select/ignore-comments.ts";
import { openCache, type Cache } from "./sources/cache.ts";
import { byteOrderMarkLength, findFiles, type FoundFiles } from "./sources/find-files.ts";
import { findLineLength } from "./sources/line-length.ts";
import { proposedBy, type Proposals } from "./proposals.ts";
import { sectionStates } from "./section-states.ts";
import { databaseCoverage, openDatabase } from "./open-database.ts";
import { readVersion } from "./cli/version.ts";

export async function analyse(options: AnalyseOptions, progress: Progress): Promise<Report> {
  const timer = startTimer();
  const found = findFiles(options.root, { exclude: options.exclude });
  const cache = options.cache ? openCache(options.root) : null;
  // A change that is tried is no state of the project: nothing of it is kept.
  // What Python says is asked anew each time.
  if (options.texts !== undefined || options.evaluateSettings !== undefined) return analyseAnew(options, found, cache, progress, timer);
  const key = cache === null ? "" : reportKey(options, found, cache);
  const stored = cache?.report(key) as Report | null | undefined;
  timer.lap("files");
  cache?.saveHashes();
  if (stored !== null && stored !== undefined) return { ...stored, timing: timer.result() };
  const report = await analyseAnew(options, found, cache, progress, timer);
  cache?.saveReport(key, report);
  return { ...report, timing: timer.result() };
}

/** A project and its database without any verdict: what statements there are, and where they are written. */
export async function openProject(
  options: AnalyseOptions & { readonly database: DatabaseEvidence },
  progress: Progress,
): Promise<{ readonly database: Database; readonly position: (site: StatementSite) => { readonly line: number; readonly column: number } }> {
  const found = findFiles(options.root, { exclude: options.exclude });
  const read = await readProject(options, found, options.cache ? openCache(options.root) : null, progress);
  const { engine } = link(read, progress);
  const input = inputOf(options, read, engine);
  const database = await openDatabase(options.database, read.modules.size === 0 ? null : input);
  return { database, position: ({ span }) => positionOf(read.readText(span.file) ?? "", span.start) };
}

/** A report with all evidence behind it, for who has more to say of a project than its findings. */
export interface Examined {
  readonly report: Report;
  readonly evidence: EvidenceInput;
}

export async function examine(options: AnalyseOptions, progress: Progress): Promise<Examined> {
  const timer = startTimer();
  const found = findFiles(options.root, { exclude: options.exclude });
  const cache = options.cache ? openCache(options.root) : null;
  timer.lap("files");
  const examined = await examineAnew(options, found, cache, progress, timer);
  cache?.saveHashes();
  return examined;
}

type Timer = ReturnType<typeof startTimer>;

async function analyseAnew(options: AnalyseOptions, found: FoundFiles, cache: Cache | null, progress: Progress, timer: Timer): Promise<Report> {
  return (await examineAnew(options, found, cache, progress, timer)).report;
}

async function examineAnew(options: AnalyseOptions, found: FoundFiles, cache: Cache | null, progress: Progress, timer: Timer): Promise<Examined> {
  const read = await readProject(options, found, cache, progress);
  timer.lap("parse");
  const { engine, templates } = link(read, progress);
  const input = inputOf(options, read, engine);
  const { facts } = input;
  timer.lap("link");
  const source = read.modules.size === 0 ? null : input;
  const opened = options.database === undefined ? null : await openDatabase(options.database, source, options.recording?.recording);
  const rules = await loadRules();
  const database =
    opened === null || options.phantom === undefined
      ? opened
      : await withStudy(opened, options.phantom, proposedBy(rules, opened, source, options.thresholds), progress);
  if (database !== null) timer.lap("database");
  const markLength = (file: string): number => byteOrderMarkLength(path.join(options.root, file));
  const deployment = source === null ? NO_DEPLOYMENT : deploymentOf(options, found, read);
  const evidence: EvidenceInput = { source, database, deployment, recording: options.recording?.recording ?? null, thresholds: options.thresholds };
  const verdicts = runRules(rules, { ...evidence, markLength });
  timer.lap("rules");
  const comments = commentLines(read, templates);
  const judged = applyIgnores(verdicts.findings, comments);
  const report: Report = {
    schema: "luthier-report/1",
    tool: { name: "luthier", version: readVersion() },
    project: {
      root: ".",
      django: read.discovery.project.djangoVersion,
      apps: read.discovery.project.apps.length,
      models: [...read.graph.models.values()].filter((one) => one.cls.module.origin === "project").length,
      files: read.modules.size + templates.used.length,
      lines: [...read.modules.values()].reduce((sum, one) => sum + one.lineStarts.length, 0),
    },
    evidence: [...(source === null && database !== null ? [] : ["source"]), ...(database === null ? [] : ["database"])],
    coverage: {
      ...coverageOf(read, engine, { origins: facts.origins.length, rules, verdicts }),
      ...(database === null ? {} : { database: databaseCoverage(database) }),
    },
    timing: timer.result(),
    findings: judged.findings,
    notices: [...read.notices, ...parseNotices(read, templates), ...deploymentNotices(deployment), ...databaseNotices(options), ...studyNotices(database)],
    silenced: { ignored: judged.ignored.length, baseline: 0, belowConfidence: 0 },
  };
  return { report, evidence };
}

function inputOf(options: AnalyseOptions, read: ReadProject, engine: Engine): RuleInput {
  const facts = engine.recorder.facts();
  return {
    facts: options.database === undefined ? facts : withGuesses(facts, engine),
    graph: read.graph,
    project: read.discovery.project,
    program: read.discovery.program,
    text: (file) => read.readText(file) ?? "",
    thresholds: options.thresholds,
    lineLength: findLineLength(options.root),
    migrations: read.migrations,
  };
}

/** Statements that were seen are looked up among those of guessed parameters too; nothing else of the facts may change by them. */
function withGuesses(facts: SourceFacts, engine: Engine): SourceFacts {
  runGuessedRoots(engine);
  return { ...facts, sent: engine.recorder.sentStatements() };
}

/** How the project runs, as its files say. */
function deploymentOf(options: AnalyseOptions, found: FoundFiles, read: ReadProject): Deployment {
  const environment = environmentOf(options, found);
  const deployment = readDeployment({
    program: read.discovery.program,
    project: read.discovery.project,
    modules: read.modules,
    texts: found.files.filter(({ kind }) => kind === "text" || kind === "deployment").map((file) => file.path),
    readText: read.readText,
    installedVersions: environment?.versions ?? new Map(),
  });
  if (options.evaluateSettings === undefined) return deployment;
  const named = deployment.settings.find(({ isNamed }) => isNamed === true) ?? deployment.settings[0];
  const [root = ""] = read.discovery.project.sourceRoots;
  return withEvaluated(
    deployment,
    options.evaluateSettings({ module: named?.module ?? null, folder: root, pythonHome: environment?.home ?? options.activeEnvironment ?? null }),
  );
}

function deploymentNotices({ notices }: Deployment): Notice[] {
  return notices.map((notice) => {
    const [, file, why] = /^(\S+) was not read: (.*)$/s.exec(notice) ?? [];
    return { file: file ?? "settings", line: 1, column: 1, message: why === undefined ? notice : `Was not read: ${why}` };
  });
}

/** What rules are given of a project's source, without judging it. */
export async function readSource(options: AnalyseOptions, progress: Progress = () => undefined): Promise<RuleInput> {
  const read = await readProject(options, findFiles(options.root, { exclude: options.exclude }), null, progress);
  const { engine } = link(read, progress);
  const input = inputOf(options, read, engine);
  return { ...input, facts: withGuesses(input.facts, engine) };
}

/** Everything that a report depends on: the same key, the same report. The build is part of the cache's own stamp. */
function reportKey(options: AnalyseOptions, found: FoundFiles, cache: Cache): string {
  const { root, exclude, settings, sourceRoots, conventions, thresholds, database, recording, phantom } = options;
  const { files, notices, environments } = found;
  const key = createHash("sha256");
  const settled = {
    exclude,
    settings,
    sourceRoots,
    conventions,
    thresholds,
    notices,
    environments,
    database: database?.stamp ?? null,
    recording: recording?.stamp ?? null,
    phantom: phantom ?? null,
  };
  key.update(JSON.stringify({ ...settled, lineLength: findLineLength(root), node: process.version }));
  const environment = environmentOf(options, found);
  if (environment !== null) key.update(JSON.stringify([environment.folders, ...environment.versions]));
  for (const { path: file, kind } of files) key.update(`${kind} ${file} ${cache.hashOf(file) ?? ""}\n`);
  for (const stub of conventions.flatMap((folder) => loadStubs(folder))) key.update(`${stub.file}\n${stub.text}\n`);
  return key.digest("base64url");
}

function link(read: ReadProject, progress: Progress): { readonly engine: Engine; readonly templates: TemplateStore } {
  const { project, program } = read.discovery;
  const files = new Set(read.files.map((file) => file.path));
  const templates = new TemplateStore(project, program, files, read.readText);
  const engine = createEngine({ program, graph: read.graph, project, templates, hooks: frameworkHooks() });
  runRoots(
    engine,
    () => true,
    (done, total) => progress({ phase: "linking", done, total, unit: "modules" }),
  );
  runUncalled(engine);
  return { engine, templates };
}

interface Judged {
  /** How many querysets there are. */
  readonly origins: number;
  readonly rules: readonly Rule[];
  readonly verdicts: Verdicts;
}

function coverageOf(read: ReadProject, engine: Engine, { origins, rules, verdicts }: Judged): Coverage {
  const unresolved = [...engine.unresolved].map(([key, places]) => {
    const [why = "", file = ""] = key.split("\n");
    return { why, count: places.size, file };
  });
  const failed = [...read.modules.values()].filter((one) => one.errors.length > 0).length;
  const missing = unresolved.reduce((sum, one) => sum + one.count, 0);
  return {
    filesParsed: read.modules.size - failed,
    filesFailed: failed,
    queryOrigins: origins,
    resolvedOrigins: Math.max(0, origins - missing),
    unresolved,
    unknown: verdicts.unknown,
    sections: sectionStates(rules, verdicts, read.modules.size === 0 ? null : { querysets: origins, lost: missing, files: read.modules.size }),
  };
}

function parseNotices(read: ReadProject, templates: TemplateStore): Notice[] {
  const modules = [...read.modules.values(), ...templates.used.map((one) => one.module)];
  return modules.flatMap((module) =>
    module.errors.slice(0, 1).map((error) => ({ file: module.file, ...lineAt(module.lineStarts, error.start), message: error.message })),
  );
}

/** Planned on a throw-away server; what keeps that from starting is said, and nothing else depends on it. */
async function withStudy(database: Database, phantom: NonNullable<AnalyseOptions["phantom"]>, proposals: Proposals, progress: Progress): Promise<Database> {
  const { studyDatabase } = await import("./sources/study-database.ts");
  const result = await studyDatabase(database, {
    ...phantom,
    proposals: proposals.indexes,
    changes: proposals.changes,
    progress: (phase, done, total) => progress({ phase, done, total, unit: "" }),
  });
  return { ...database, ...("missing" in result ? { studyMissing: result.missing } : { study: result }) };
}

function studyNotices(database: Database | null): Notice[] {
  return database?.studyMissing === undefined
    ? []
    : [{ file: database.file, line: 1, column: 1, message: `Plans with and without indexes were not compared: ${database.studyMissing}.` }];
}

function databaseNotices({ database }: AnalyseOptions): Notice[] {
  return (database?.notices ?? []).map((message) => ({ file: database?.file ?? "", line: 1, column: 1, message }));
}

function lineAt(starts: readonly number[], offset: number): { readonly line: number; readonly column: number } {
  const line = starts.findLastIndex((start) => start <= offset);
  return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
}

function commentLines(read: ReadProject, templates: TemplateStore): Comment[] {
  const modules = [...read.modules.values(), ...templates.used.map((one) => one.module)];
  return modules.flatMap((module) =>
    module.comments.map((comment) => {
      const { line } = lineAt(module.lineStarts, comment.start);
      const before = (read.readText(module.file) ?? "").slice(module.lineStarts[line - 1] ?? 0, comment.start);
      return { file: module.file, line, text: comment.text, alone: before.trim() === "" };
    }),
  );
}

function startTimer(): { readonly lap: (name: string) => void; readonly result: () => Report["timing"] } {
  const start = performance.now();
  let last = start;
  const phases: Record<string, number> = {};
  return {
    lap: (name) => {
      phases[name] = Math.round(performance.now() - last);
      last = performance.now();
    },
    result: () => ({ totalMs: Math.round(performance.now() - start), phases }),
  };
}

export function ruleList(): Promise<readonly RuleMeta[]> {
  return loadRuleMetas();
}
