import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../model/usage-error.ts";

/** What the recorder in the processes is told; `recorder/luthier_recorder/config.py` reads it. */
export interface RecorderSettings {
  readonly folder: string;
  readonly root: string;
  readonly recorder: string;
  readonly literals: boolean;
  readonly fields: boolean;
  readonly sample: number;
  /** Bytes a process's file may have. */
  readonly maxSize: number;
  /** Whether answers leave a hash of their body, to be compared with those of another run. */
  readonly bodies?: boolean;
  /** Hexadecimal; with it, equal parameters leave equal numbers. */
  readonly key?: string;
}

/** Passed on to the command. SIGINT only without a terminal: a terminal sends it to the command itself. */
const FORWARDED = ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

/** The folder whose `sitecustomize.py` starts the recorder; `recorder/` lies two folders up both from `src/` and `dist/`. */
export function recorderFolder(): string {
  return fileURLToPath(new URL("../../recorder/sitecustomize", import.meta.url));
}

/** The environment in which every Python that is started records itself. */
export function recordedEnvironment(env: Readonly<Record<string, string | undefined>>, settings: RecorderSettings): Record<string, string | undefined> {
  const before = env["PYTHONPATH"];
  return {
    ...env,
    PYTHONPATH: before ? `${recorderFolder()}${path.delimiter}${before}` : recorderFolder(),
    LUTHIER_RECORDING: JSON.stringify(settings),
  };
}

interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  /** A file descriptor that gets what the command says, and no input; our own streams when it is left out. */
  readonly output?: number;
}

/** Runs the command to its end; 128 + n when signal n ended it, as a shell says it. */
export function runRecorded(command: readonly string[], { cwd, env, isTerminal, output }: RunOptions): Promise<number> {
  const [program = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: output === undefined ? "inherit" : ["ignore", output, output] });
    const stopForwarding = forwardSignals(child, isTerminal);
    child.once("error", (cause) => {
      stopForwarding();
      reject(cannotStart(program, cause));
    });
    child.once("close", (status, signal) => {
      stopForwarding();
      resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

function forwardSignals(child: ChildProcess, isTerminal: boolean): () => void {
  const interrupt = (): void => {
    if (!isTerminal) child.kill("SIGINT");
  };
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  const before = process.listeners("SIGINT");
  process.removeAllListeners("SIGINT");
  process.on("SIGINT", interrupt);
  for (const signal of FORWARDED) process.on(signal, forward);
  return () => {
    process.off("SIGINT", interrupt);
    for (const listener of before) process.on("SIGINT", listener as () => void);
    for (const signal of FORWARDED) process.off(signal, forward);
  };
}

function cannotStart(program: string, cause: Error): UsageError {
  const remedy = "Give the command as you run it without luthier, after --.";
  if ("code" in cause && cause.code === "ENOENT") return new UsageError("no-such-program", `there is no program ${program}.`, remedy, { cause });
  return new UsageError("cannot-start", `${program} could not be started: ${cause.message}.`, remedy, { cause });
}
