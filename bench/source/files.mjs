// Which Python files of a project are measured.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** What luthier leaves out unless told otherwise; --exclude replaces it. */
export const DEFAULT_EXCLUDES = ["**/migrations/**", "**/tests/**", "**/test/**", "**/tests.py", "**/test_*.py", "**/*_test.py", "**/conftest.py"];

export const NEVER_SOURCE = new Set([".git", ".luthier", ".venv", "venv", "node_modules", "__pycache__"]);

/** The POSIX paths, relative to `root`, of all Python files below it, sorted. */
export function pythonFiles(root, folder = "") {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !NEVER_SOURCE.has(entry.name))
    .flatMap((entry) => {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.isDirectory()) return pythonFiles(root, path);
      return entry.isFile() && entry.name.endsWith(".py") ? [path] : [];
    })
    .toSorted((a, b) => (a < b ? -1 : 1));
}

export function without(files, globs) {
  const patterns = globs.map(globToRegExp);
  return files.filter((file) => !patterns.some((pattern) => pattern.test(file)));
}

export function globToRegExp(glob) {
  const source = glob.replaceAll(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (token) => {
    if (token === "**/") return "(?:.*/)?";
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    return token === "?" ? "[^/]" : `\\${token}`;
  });
  return new RegExp(`^${source}$`);
}

/** The models or views file of median size: the one whose change is timed. */
export function middleFile(root, files) {
  const candidates = files.filter((file) => /(^|\/)(models|views)(\.py$|\/)/.test(file) && !file.endsWith("__init__.py"));
  const pool = candidates.length ? candidates : files;
  const bySize = pool.map((file) => ({ file, size: statSync(join(root, file)).size })).toSorted((a, b) => a.size - b.size);
  return bySize[Math.floor(bySize.length / 2)]?.file;
}
