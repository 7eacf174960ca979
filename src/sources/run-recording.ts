import { readdirSync } from "node:fs";
import type { RunFigures } from "../proof/run-figures.ts";
import { RunReader, RunSums, type OldLine } from "../proof/run-reader.ts";
import { unwrittenReasons } from "./recording-summary.ts";
import { processFiles, readLines } from "./recordings.ts";

export interface RecordedRun {
  readonly figures: RunFigures;
  /** Files that are neither of the recorded folder nor of a library. */
  readonly outsideFiles: ReadonlySet<string>;
  /** Why statements are missing in it; empty when it is whole. */
  readonly lost: readonly string[];
}

/** Reads what a command did from its recording, scope by scope; lines are named as they were before the fixes. */
export function readRun(folder: string, status: number, oldLine: OldLine): RecordedRun {
  const sums = new RunSums();
  let broken = 0;
  for (const file of processFiles(folder)) {
    const reader = new RunReader(sums, oldLine);
    readLines(file, { take: (line) => reader.add(line), breaks: () => (broken += 1) });
    reader.finish();
  }
  const lost = [...sums.lost.keys(), ...unwrittenReasons(readdirSync(folder)), ...(broken > 0 ? ["lines that cannot be read"] : [])];
  return { figures: sums.figures(status), outsideFiles: sums.outsideFiles, lost: [...new Set(lost)] };
}
