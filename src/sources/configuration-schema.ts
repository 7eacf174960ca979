import * as z from "zod/mini";
import type { Config } from "../model/config.ts";

const words = z.array(z.string());
const SEVERITY = ["error", "warning", "info", "never"] as const;
const CONFIDENCE = ["certain", "likely", "possible"] as const;
const FORMAT = ["text", "json", "sarif", "github", "markdown"] as const;

const oneOf = (values: readonly string[]): string => `one of ${values.map((value) => `"${value}"`).join(", ")}`;

/** Every setting with its shape, and with the words that say what it takes. */
const SETTINGS = {
  select: [words, 'a list of rules and chapters, such as ["2.4", "save-in-loop"]'],
  ignore: [words, 'a list of rules and chapters, such as ["2.4", "save-in-loop"]'],
  "min-confidence": [z.enum(CONFIDENCE), oneOf(CONFIDENCE)],
  "fail-on": [z.enum(SEVERITY), oneOf(SEVERITY)],
  format: [z.enum(FORMAT), oneOf(FORMAT)],
  baseline: [z.string(), "the path of a file"],
  exclude: [words, 'a list of globs, such as ["legacy/**"]'],
  jobs: [z.int().check(z.positive()), "a whole number from 1 on"],
  "no-cache": [z.boolean(), "true or false"],
  verbose: [z.boolean(), "true or false"],
  quiet: [z.boolean(), "true or false"],
  settings: [z.union([z.string(), words]), 'a settings module, such as "shop.settings", or a list of them'],
  "source-roots": [words, 'a list of folders, such as ["src"]'],
  "per-file-ignores": [z.record(z.string(), words), 'a table of globs with lists of rules, such as { "tests/**" = ["n-plus-one"] }'],
  conventions: [words, 'a list of Python stub files, such as ["conventions.pyi"]'],
  thresholds: [z.record(z.string(), z.number()), "a table of numbers by name"],
} as const;

export const EXPECTATIONS: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(SETTINGS).map(([key, [, expected]]) => [key, expected]));

const schema = z.strictObject({
  select: z.optional(SETTINGS.select[0]),
  ignore: z.optional(SETTINGS.ignore[0]),
  "min-confidence": z.optional(SETTINGS["min-confidence"][0]),
  "fail-on": z.optional(SETTINGS["fail-on"][0]),
  format: z.optional(SETTINGS.format[0]),
  baseline: z.optional(SETTINGS.baseline[0]),
  exclude: z.optional(SETTINGS.exclude[0]),
  jobs: z.optional(SETTINGS.jobs[0]),
  "no-cache": z.optional(SETTINGS["no-cache"][0]),
  verbose: z.optional(SETTINGS.verbose[0]),
  quiet: z.optional(SETTINGS.quiet[0]),
  settings: z.optional(SETTINGS.settings[0]),
  "source-roots": z.optional(SETTINGS["source-roots"][0]),
  "per-file-ignores": z.optional(SETTINGS["per-file-ignores"][0]),
  conventions: z.optional(SETTINGS.conventions[0]),
  thresholds: z.optional(SETTINGS.thresholds[0]),
});

export type Validation =
  | { readonly ok: true; readonly values: Partial<Config> }
  /** The dotted key that is wrong, below the file's table. */
  | { readonly ok: false; readonly key: string; readonly isUnknown: boolean };

export function validate(table: unknown): Validation {
  const result = schema.safeParse(table);
  if (result.success) return { ok: true, values: toConfig(result.data) };
  const [issue] = result.error.issues;
  const key = (issue?.path ?? []).map(String).join(".");
  if (issue?.code === "unrecognized_keys") return { ok: false, key: issue.keys[0] ?? key, isUnknown: true };
  return { ok: false, key, isUnknown: false };
}

function toConfig(file: z.infer<typeof schema>): Partial<Config> {
  const { settings } = file;
  const values = {
    select: file.select,
    ignore: file.ignore,
    minConfidence: file["min-confidence"],
    failOn: file["fail-on"],
    format: file.format,
    baseline: file.baseline,
    exclude: file.exclude,
    jobs: file.jobs,
    cache: file["no-cache"] === undefined ? undefined : !file["no-cache"],
    verbose: file.verbose,
    quiet: file.quiet,
    settings: typeof settings === "string" ? [settings] : settings,
    sourceRoots: file["source-roots"],
    perFileIgnores: file["per-file-ignores"],
    conventions: file.conventions,
    thresholds: file.thresholds,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
