/** How long a project lets its lines be, as its formatter or linter is told. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "smol-toml";

/** What Black and Ruff take when nobody says. */
const DEFAULT = 88;

/**
 * The line length of Ruff, Black or flake8 in the nearest folder that configures one, from the root upwards to the
 * repository's top; null when none does.
 */
export function findLineLength(root: string): number | null {
  for (let folder = root; ; folder = path.dirname(folder)) {
    const found = lineLengthIn(folder);
    if (found !== null || existsSync(path.join(folder, ".git")) || path.dirname(folder) === folder) return found;
  }
}

function lineLengthIn(folder: string): number | null {
  const read = (name: string): string => {
    const file = path.join(folder, name);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  };
  const pyproject = readToml(read("pyproject.toml"))["tool"];
  const ruff = [readToml(read("ruff.toml")), readToml(read(".ruff.toml")), entry(pyproject, "ruff")];
  const black = entry(pyproject, "black");
  const said = [...ruff, black].map((table) => entry(table, "line-length")).find((value) => typeof value === "number");
  if (typeof said === "number") return said;
  if (black !== undefined || ruff.some((table) => isTable(table) && Object.keys(table).length > 0)) return DEFAULT;
  const linter = ["setup.cfg", ".flake8", "tox.ini"].map((name) => linterLength(read(name))).find((value) => value !== null);
  if (linter !== undefined && linter !== null) return linter;
  return /psf\/black|id:\s*(?:black|ruff-format)\b/.test(read(".pre-commit-config.yaml")) ? DEFAULT : null;
}

/** A file that cannot be read as TOML says nothing; the tool that it is for will complain. */
function readToml(text: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text);
  } catch {
    return {};
  }
}

function entry(table: unknown, key: string): unknown {
  return isTable(table) ? table[key] : undefined;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `max-line-length` of `[flake8]` or `[pycodestyle]`. */
function linterLength(text: string): number | null {
  const section = /^\[(?:flake8|pycodestyle)\]\n(?<body>(?:(?!\[).*\n?)*)/m.exec(text.replaceAll("\r\n", "\n"))?.groups?.["body"] ?? "";
  const value = /^max[-_]line[-_]length\s*[=:]\s*(\d+)/m.exec(section)?.[1];
  return value === undefined ? null : Number(value);
}
