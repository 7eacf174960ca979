import { readFileSync, writeFileSync } from "node:fs";
import { UsageError } from "../model/usage-error.ts";
import { readBaseline, type Baseline } from "../select/baseline.ts";

/** The baseline in a file; null when there is none and it is about to be written. */
export function loadBaseline(file: string, isWritten: boolean): Baseline | null {
  const text = readText(file);
  if (text === null && isWritten) return null;
  if (text === null) {
    throw new UsageError("no-baseline", `${file} is not there.`, "Write it first: --update-baseline.");
  }
  const baseline = readBaseline(text);
  if (baseline || isWritten) return baseline;
  throw new UsageError("bad-baseline", `${file} is not a luthier baseline.`, "Write it anew: --update-baseline.");
}

export function saveBaseline(file: string, baseline: Baseline): void {
  try {
    writeFileSync(file, `${JSON.stringify(baseline, null, 1)}\n`);
  } catch (cause) {
    throw new UsageError("unwritable", `${file} cannot be written.`, "Name a file in a folder that is there.", {
      cause,
    });
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
