import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll } from "vitest";
import { ensurePythonEnv } from "./services.ts";
import { readLines, type ReadLines } from "./recording-lines.ts";
import { recordedEnvironment } from "../../src/sources/run-recorded.ts";

const repository = path.resolve(import.meta.dirname, "../..");
export const project = path.join(repository, "tests/recorder/project");

export interface Recorded {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly folder: string;
  readonly recording: ReadLines;
}

export interface RecordOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly literals?: boolean;
  readonly fields?: boolean;
  readonly sample?: number;
  readonly maxSize?: number;
  /** Where it is recorded, when not in a fresh folder. */
  readonly folder?: string;
  /** Runs beside the command, which gets SIGTERM afterwards. */
  readonly meanwhile?: (child: ChildProcess) => Promise<void>;
  readonly signal?: NodeJS.Signals;
}

export interface RecorderWorld {
  /** The interpreter of the environment with Django 5.2 and all servers. */
  readonly python: string;
  readonly bin: (name: string) => string;
  readonly temporary: string;
  readonly record: (command: readonly string[], options?: RecordOptions) => Promise<Recorded>;
}

/** The recorder's own Python environment, and a folder that is gone after the tests. */
export function useRecorder(): RecorderWorld {
  const state = { python: "", temporary: "", runs: 0 };
  beforeAll(async () => {
    state.temporary = mkdtempSync(path.join(tmpdir(), "luthier-recorder-"));
    const environment = await ensurePythonEnv({ requirements: "tests/recorder/requirements.txt", directory: ".cache/venv-recorder" });
    state.python = environment.python;
  });
  afterAll(() => rmSync(state.temporary, { recursive: true, force: true }));
  return {
    get python() {
      return state.python;
    },
    get temporary() {
      return state.temporary;
    },
    bin: (name) => path.join(path.dirname(state.python), name),
    record: async (command, options = {}) => {
      state.runs += 1;
      const folder = options.folder ?? emptyFolder(state.temporary, `recording-${state.runs}`);
      const ended = await run(command, folder, options);
      return { ...ended, folder, recording: existsSync(folder) ? readLines(folder) : NOTHING };
    },
  };
}

const NOTHING: ReadLines = { statements: [], scopes: [], lines: [], files: [] };

/** As `luthier record` starts a command, without its process in between. */
function run(command: readonly string[], folder: string, options: RecordOptions): Promise<Omit<Recorded, "folder" | "recording">> {
  const { env, meanwhile, signal = "SIGTERM", literals = false, fields = false, sample = 1, maxSize = 1e9 } = options;
  const [program = "", ...args] = command;
  const settings = { folder, root: project, recorder: "0.1.0", literals, fields, sample, maxSize };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: project,
      env: recordedEnvironment({ ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env }, settings),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (text: Buffer) => (output.stdout += text.toString()));
    child.stderr.on("data", (text: Buffer) => (output.stderr += text.toString()));
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, ...output }));
    if (!meanwhile) return;
    meanwhile(child).then(
      () => child.kill(signal),
      (error: unknown) => {
        child.kill("SIGKILL");
        reject(new Error(`${String(error)}\n${output.stdout}${output.stderr}`));
      },
    );
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Waits until the server answers at all. */
export async function answers(url: string, seconds = 40): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    try {
      await fetch(url, { signal: AbortSignal.timeout(2000) });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error(`${url} did not answer`);
}

function emptyFolder(parent: string, name: string): string {
  const folder = path.join(parent, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
