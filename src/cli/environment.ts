import type { AnalyseOptions, Progress } from "../model/config.ts";
import type { Report } from "../model/report.ts";
import type { RuleMeta } from "../model/rule-meta.ts";

/** An output stream, as far as the program looks at it. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** All that the program takes from the world around it, so that a test can be that world. */
export interface Environment {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly cwd: string;
  readonly version: string;
  analyse(options: AnalyseOptions, progress: Progress): Promise<Report>;
  rules(): Promise<readonly RuleMeta[]>;
}
