import type { Environment } from "./environment.ts";
import { run } from "./program.ts";
import { readVersion } from "./version.ts";

const INTERRUPTED = 130;

type Analysis = Pick<Environment, "analyse" | "rules">;

/** The analysis is loaded when it is asked for: `luthier rules` and bad usage do not wait for it. */
const ANALYSIS: Analysis = {
  analyse: async (options, progress) => (await import("../analyse.ts")).analyse(options, progress),
  rules: async () => (await import("../analyse.ts")).ruleList(),
};

/** Runs the program as this process: its streams, its signals and its exit status. */
export async function runProcess(args: readonly string[], analysis: Analysis = ANALYSIS): Promise<void> {
  process.stdout.on("error", endQuietlyOnClosedPipe);
  process.stderr.on("error", endQuietlyOnClosedPipe);
  process.once("SIGINT", () => {
    if (process.stderr.isTTY) process.stderr.write("\r\u001B[K");
    process.exit(INTERRUPTED);
  });
  process.exitCode = await run(args, {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    platform: process.platform,
    cwd: process.cwd(),
    version: readVersion(),
    ...analysis,
  });
}

/** `luthier check | head` has what it wanted. */
function endQuietlyOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(process.exitCode ?? 0);
}
