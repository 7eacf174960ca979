import type { RunFigures } from "../proof/run-figures.ts";
import { RunReader, RunSums, type OldLine } from "../proof/run-reader.ts";
import { processFiles, readLines } from "./recordings.ts";

export interface RecordedRun {
  readonly figures: RunFigures;
  /** Files that are neither of the recorded folder nor of a library. */
  readonly outsideFiles: ReadonlySet<string>;
}

/** Reads what a command did from its recording, scope by scope; lines are named as they were before the fixes. */
export function readRun(folder: string, status: number, oldLine: OldLine): RecordedRun {
  const sums = new RunSums();
  for (const file of processFiles(folder)) {
    const reader = new RunReader(sums, oldLine);
    readLines(file, { take: (line) => reader.add(line), breaks: () => {} });
    reader.finish();
  }
  return { figures: sums.figures(status), outsideFiles: sums.outsideFiles };
}
