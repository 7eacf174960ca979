import { closeSync, openSync } from "node:fs";
import type { RecordCommand } from "./prove-in-copy.ts";
import { recordedEnvironment, runRecorded } from "./run-recorded.ts";

/** A run is compared with another one whole: what is dropped at a limit could not be. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** As a shell says that SIGINT or SIGTERM ended a command. */
const INTERRUPTED = new Set([130, 143]);

/** Runs a command under the recorder with its words in a file. */
export const recordForProof: RecordCommand = async ({ command, cwd, env, root, folder, output }) => {
  const settings = { folder, root, recorder: "prove", literals: false, fields: false, sample: 1, maxSize: NO_LIMIT, bodies: true };
  const descriptor = openSync(output, "a");
  try {
    const options = { cwd, env: recordedEnvironment(env, settings), isTerminal: process.stdin.isTTY === true, output: descriptor };
    const status = await runRecorded(command, options);
    // Whoever interrupts the command means the proof: the copy goes at exit.
    if (INTERRUPTED.has(status)) process.exit(status);
    return status;
  } finally {
    closeSync(descriptor);
  }
};
