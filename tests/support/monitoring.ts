/** Advice on monitoring with its files on disk, and the programs that read them. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { advisor } from "../../src/advisors/monitoring/advisor.ts";
import { watch, type Watched } from "../../src/advisors/monitoring/watched.ts";
import { NO_DEPLOYMENT } from "../../src/deployment/no-deployment.ts";
import type { Advice, Database, Deployment, RuleInput, Snapshot } from "../../src/model/index.ts";
import { openDatabase } from "../../src/open-database.ts";

export interface MonitoringCase {
  readonly snapshot: Snapshot;
  readonly earlier?: Snapshot;
  readonly source?: RuleInput;
  readonly deployment?: Deployment;
}

export async function databaseOf({ snapshot, earlier, source }: MonitoringCase): Promise<Database> {
  return openDatabase(
    { snapshot, file: ".luthier/snapshot.json.gz", plans: [], logged: [], stamp: "test", ...(earlier === undefined ? {} : { earlier }) },
    source ?? null,
  );
}

export async function watchedOf(one: MonitoringCase): Promise<Watched> {
  return watch({ database: await databaseOf(one), deployment: one.deployment ?? NO_DEPLOYMENT, thresholds: {}, placeOf: ({ span }) => span.file });
}

export async function monitoringAdvice(one: MonitoringCase): Promise<Advice> {
  const database = await databaseOf(one);
  const [advice] = await advisor.advise({
    source: one.source ?? null,
    deployment: one.deployment ?? NO_DEPLOYMENT,
    database,
    recording: null,
    thresholds: {},
    findings: [],
  });
  if (advice === undefined) throw new Error("no advice on monitoring");
  return advice;
}

export function writeArtefacts({ artefacts }: Advice, folder: string): void {
  for (const { path: name, text } of artefacts) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
}

export interface MonitoringTools {
  readonly prometheus: string;
  readonly promtool: string;
  readonly alertmanager: string;
  readonly amtool: string;
  readonly exporter: string;
}

export async function monitoringTools(): Promise<MonitoringTools> {
  const script = pathToFileURL(path.resolve(import.meta.dirname, "../../scripts/debian-tools.mjs")).href;
  const { debianTool } = (await import(script)) as { debianTool: (name: string, programs: readonly string[]) => Readonly<Record<string, string>> };
  const one = (name: string, program: string): string => debianTool(name, [program])[program] ?? "";
  return {
    prometheus: one("prometheus", "prometheus"),
    promtool: one("prometheus", "promtool"),
    alertmanager: one("prometheus-alertmanager", "prometheus-alertmanager"),
    amtool: one("prometheus-alertmanager", "amtool"),
    exporter: one("prometheus-postgres-exporter", "prometheus-postgres-exporter"),
  };
}

export function run(program: string, args: readonly string[], cwd: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: "utf8", maxBuffer: 64 << 20 });
  if (error !== undefined) throw error;
  return { status, output: stdout + stderr };
}

/** A program that runs until it is stopped; its last words go with a failure. */
export function start(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): { readonly stop: () => Promise<void>; readonly said: () => string } {
  let said = "";
  const child: ChildProcess = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4000)));
  return {
    said: () => said,
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Asks again and again; what was missing is said when it does not come. */
export async function until<Value>(what: string, ask: () => Promise<Value | null>, seconds = 30): Promise<Value> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await ask().catch(() => null);
    if (found !== null) return found;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
