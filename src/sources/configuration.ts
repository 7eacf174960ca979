import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse, TomlError } from "smol-toml";
import type { Config } from "../model/config.ts";
import { UsageError } from "../model/usage-error.ts";
import { nearest } from "../select/nearest.ts";

/** What a configuration file says, with its paths made absolute and its globs relative to the project's root. */
export interface ConfigurationFile {
  readonly path: string;
  readonly values: Partial<Config>;
}

/**
 * The nearest `luthier.toml`, or `pyproject.toml` with a table `[tool.luthier]`, from the root upwards to the
 * repository's top; null when there is none.
 */
export async function readConfiguration(root: string): Promise<ConfigurationFile | null> {
  for (let folder = root; ; folder = path.dirname(folder)) {
    const table = readTable(path.join(folder, "luthier.toml"), []) ?? readTable(path.join(folder, "pyproject.toml"), ["tool", "luthier"]);
    if (table) return await toConfiguration(table, folder, root);
    if (existsSync(path.join(folder, ".git")) || path.dirname(folder) === folder) return null;
  }
}

interface Table {
  readonly path: string;
  /** What stands before a key in that file: `tool.luthier.` or nothing. */
  readonly prefix: string;
  readonly value: unknown;
}

function readTable(file: string, keys: readonly string[]): Table | null {
  if (!existsSync(file)) return null;
  let value: unknown = parseToml(file);
  for (const key of keys) value = isRecord(value) ? value[key] : undefined;
  return value === undefined ? null : { path: file, prefix: keys.map((key) => `${key}.`).join(""), value };
}

function parseToml(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const where = cause instanceof TomlError ? `${file}:${cause.line}:${cause.column}` : file;
    const why = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : "";
    throw new UsageError("unreadable-configuration", `${where} cannot be read: ${why}.`, "Mend the file's TOML.", {
      cause,
    });
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function toConfiguration(table: Table, folder: string, root: string): Promise<ConfigurationFile> {
  // zod costs a tenth of a second, and most projects have no configuration.
  const { validate, EXPECTATIONS } = await import("./configuration-schema.ts");
  const result = validate(table.value);
  if (!result.ok) throw describeProblem(table, result, EXPECTATIONS);
  return { path: table.path, values: resolvePaths(result.values, folder, root) };
}

function describeProblem(
  { path: file, prefix }: Table,
  problem: { readonly key: string; readonly isUnknown: boolean },
  expectations: Readonly<Record<string, string>>,
): UsageError {
  const { key, isUnknown } = problem;
  const valid = Object.keys(expectations);
  if (isUnknown) {
    const guess = nearest(key, valid);
    const remedy = guess ? `Did you mean ${guess}?` : `Valid keys: ${valid.join(", ")}.`;
    return new UsageError("unknown-key", `${file}: there is no setting ${prefix}${key}.`, remedy);
  }
  const expected = expectations[key.split(".")[0] ?? ""] ?? "a table";
  const sentence = `${file}: ${prefix}${key || "luthier"} has a value of the wrong kind.`;
  return new UsageError("wrong-value", sentence, `It takes ${expected}.`);
}

// ---------------------------------------------------------------------------------------------- paths

function resolvePaths(values: Partial<Config>, folder: string, root: string): Partial<Config> {
  const { baseline, conventions, exclude, perFileIgnores, sourceRoots } = values;
  const below = path
    .relative(folder, root)
    .split(path.sep)
    .filter(Boolean)
    .map((part) => `${part}/`)
    .join("");
  const rebase = (globs: readonly string[]): readonly string[] => globs.flatMap((glob) => rebaseGlob(glob, below));
  return {
    ...values,
    ...(baseline ? { baseline: path.resolve(folder, baseline) } : {}),
    ...(conventions ? { conventions: conventions.map((file) => path.resolve(folder, file)) } : {}),
    ...(exclude ? { exclude: rebase(exclude) } : {}),
    ...(sourceRoots ? { sourceRoots: sourceRoots.flatMap((each) => rebaseFolder(each, below)) } : {}),
    ...(perFileIgnores
      ? {
          perFileIgnores: Object.fromEntries(Object.entries(perFileIgnores).flatMap(([glob, rules]) => rebaseGlob(glob, below).map((each) => [each, rules]))),
        }
      : {}),
  };
}

/** A glob of a file above the root, as seen from the root; nothing when it means files outside. */
function rebaseGlob(glob: string, below: string): readonly string[] {
  const bare = glob.replace(/^\.?\//, "");
  if (below === "" || !bare.replace(/\/$/, "").includes("/") || bare.startsWith("**")) return [glob];
  return bare.startsWith(below) ? [bare.slice(below.length)] : [];
}

function rebaseFolder(folder: string, below: string): readonly string[] {
  const bare = path.posix.join(folder.replaceAll("\\", "/"), "/").replace(/^\.?\//, "");
  return bare.startsWith(below) ? [bare.slice(below.length).replace(/\/$/, "")] : [];
}
