import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll } from "vitest";

const repository = path.resolve(import.meta.dirname, "../..");

export interface Ended {
  /** Null when it had to be stopped. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type RunBuilt = (args: readonly string[], cwd: string) => Promise<Ended>;

/** No bad input may take longer; on a quiet machine the longest takes a tenth of it. */
const HANG_MS = 60_000;

/** Builds luthier once for a test file, assets included; the result gives the path of its program. */
export function useBuiltProgram(): () => string {
  let built = "";
  beforeAll(() => {
    mkdirSync(path.join(repository, ".cache"), { recursive: true });
    // Inside the repository, so that the built files find its packages.
    built = mkdtempSync(path.join(repository, ".cache/built-"));
    cpSync(path.join(repository, "package.json"), path.join(built, "package.json"));
    cpSync(path.join(repository, "recorder"), path.join(built, "recorder"), { recursive: true });
    execFileSync(process.execPath, ["scripts/build.mjs", path.join(built, "dist")], { cwd: repository, stdio: "pipe" });
  });
  afterAll(() => rmSync(built, { recursive: true, force: true }));
  return () => path.join(built, "dist/cli/main.js");
}

/** Runs the built luthier as a process of its own. */
export function useBuiltCli(program: () => string = useBuiltProgram(), hangMs: number = HANG_MS): RunBuilt {
  return (args, cwd) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [program(), ...args], { cwd, timeout: hangMs });
      const output = { stdout: "", stderr: "" };
      child.stdout.on("data", (text: Buffer) => (output.stdout += text.toString()));
      child.stderr.on("data", (text: Buffer) => (output.stderr += text.toString()));
      child.on("error", reject);
      child.on("close", (status) => resolve({ status, ...output }));
    });
}
