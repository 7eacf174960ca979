import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { UsageError } from "../model/usage-error.ts";
import type { Environment } from "./environment.ts";
import { findRoot } from "./prepare.ts";
import { requireRecordings } from "./recordings.ts";

export interface ReportFlags {
  readonly recording?: readonly string[];
  readonly output?: string;
}

/** `luthier report`: one HTML file about a recording. */
export async function report(given: string, flags: ReportFlags, environment: Environment): Promise<void> {
  const root = findRoot(given, environment.cwd);
  const recordings = await requireRecordings(flags.recording, root, environment);
  const [{ renderRecordingPage }, { readPageAssets }, { sourceReader }] = await Promise.all([
    import("../report/html/recording-page.ts"),
    import("../sources/page-assets.ts"),
    import("../sources/source-reader.ts"),
  ]);
  const page = renderRecordingPage({
    recordings,
    project: path.basename(root),
    version: environment.version,
    read: sourceReader(root),
    assets: readPageAssets(),
  });
  const file = path.resolve(environment.cwd, flags.output ?? path.join(root, ".luthier", "report.html"));
  writePage(file, page);
  environment.stderr.write(`Wrote ${path.relative(environment.cwd, file) || file} (${Math.max(1, Math.round(Buffer.byteLength(page) / 1000))} kB).\n`);
}

function writePage(file: string, page: string): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, page);
  } catch (cause) {
    throw new UsageError("unwritable", `${file} cannot be written.`, "Name a file in a folder that is there.", { cause });
  }
}
