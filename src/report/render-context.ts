import type { FailOn } from "../model/config.ts";
import type { Place } from "../model/finding.ts";
import type { RuleMeta } from "../model/rule-meta.ts";
import { shellWord } from "./shell-word.ts";

/** The text of a file below the project's root, as it was analysed; undefined when it cannot be read. */
export type SourceReader = (file: string) => string | undefined;

/** What a format needs beside the report itself. */
export interface RenderContext {
  readonly read: SourceReader;
  /** Short ids by stable id, counted over all findings of the analysis. */
  readonly shortIds: ReadonlyMap<string, string>;
  /** Leads from the folder that the reader of the output is in to the project's root: empty or ending in `/`. */
  readonly pathPrefix: string;
  /** What a command of ours has to name for the project, where the reader stands elsewhere: `examples/shop`. */
  readonly project?: string;
  /** The commands that this build has (`snapshot`, `record`, `fix --prove`): no hint names another. */
  readonly commands: ReadonlySet<string>;
  readonly rules: readonly RuleMeta[];
  readonly failOn: FailOn;
}

/** The path from where the reader is. */
export function shownPath(context: Pick<RenderContext, "pathPrefix">, file: string): string {
  return `${context.pathPrefix}${file}`;
}

/** A text with our commands as they are typed where the reader is: `luthier fix examples/shop --select 4a2f`. `record` runs where it is typed. */
export function typed({ project = "" }: Pick<RenderContext, "project">, text: string): string {
  if (project === "") return text;
  // A way out of the folder is long, and told better by who types it.
  const word = project.startsWith("..") ? "PATH" : shellWord(project);
  return text.replaceAll(/\bluthier (?:check|fix|tune|snapshot|top-statements|advise indexes)\b/g, (command) => `${command} ${word}`);
}

/** `path:31:16`, or the name of something in the database. */
export function placeName(context: Pick<RenderContext, "pathPrefix">, place: Place): string {
  return place.object ?? `${shownPath(context, place.file)}${positionOf(place)}`;
}

/** `:31:16`; nothing for a table or a statement, which have no line. */
export function positionOf(place: Place): string {
  return place.line > 0 ? `:${place.line}:${place.column}` : "";
}

export function shortIdOf(context: Pick<RenderContext, "shortIds">, id: string): string {
  return context.shortIds.get(id) ?? id.slice(0, 4);
}
