import { readdirSync, readFileSync, realpathSync, statSync, type Dirent } from "node:fs";
import { join } from "node:path";
import { decodeText } from "../python/decode-text.ts";
import type { Notice } from "../model/report.ts";

/** A file worth reading. `migration` files are listed, not analysed; `deployment` files say how the project runs. */
export interface FoundFile {
  /** Relative to the folder walked, with forward slashes. */
  readonly path: string;
  readonly size: number;
  readonly kind: "python" | "migration" | "template" | "text" | "deployment";
}

export interface FoundFiles {
  /** Sorted by path. */
  readonly files: readonly FoundFile[];
  /** Virtual environments met on the way, relative; their content is not listed. */
  readonly environments: readonly string[];
  readonly notices: readonly Notice[];
}

export interface FindOptions {
  /** Globs of paths to leave out, relative to the folder: `legacy/**`. */
  readonly exclude?: readonly string[];
  /** Also lists tests, which are left out by default. */
  readonly includeTests?: boolean;
}

const skippedFolders = new Set(
  (
    ".git .hg .svn .tox .nox .mypy_cache .pytest_cache .ruff_cache .eggs .idea .vscode .cache .venv .luthier " +
    "node_modules bower_components __pycache__ __pypackages__ site-packages htmlcov"
  ).split(" "),
);
const buildFolders = new Set(["build", "dist", "venv", "env", "static", "staticfiles", "media"]);
const testFolders = new Set(["tests", "test"]);
const testFile = /^(?:test_.*|.*_tests?|conftest|tests)\.py$/;
/** What a module of views has, and what none of them has. */
const holdsView = /^(?:async )?def \w+\(request\b|^class \w+\([^)]*(?:View|ViewSet)\b/m;
const holdsTests = /TestCase|pytest|unittest|\bmock\b|\b(?:django|rest_framework)\.test\b|^\s+assert /m;
const templateFile = /\.(?:html?|djhtml|jinja2?|j2)$/;
const templateInFolder = /(?:^|\/)(?:templates|jinja2?)\/.*\.(?:txt|xml|svg|md|js|css|csv|ics|tex|mjml|eml|rss)$/;
/** Configuration and data that code writes from a template, unless the file's name or folder says that it is how the project is deployed. */
const writtenInFolder = /(?:^|\/)(?:templates|jinja2?)\/.*\.(?:conf|cfg|ini|ya?ml|json|geojson|kml|gpx|sh|vcf)$/;
const textFile =
  /(?:^|\/)(?:uv\.lock|poetry\.lock|Pipfile(?:\.lock)?|pyproject\.toml|setup\.cfg|pytest\.ini|tox\.ini|(?:[\w.-]*\/)?requirements[\w.-]*\.(?:txt|in)|requirements\/[\w.-]+\.(?:txt|in)|constraints[\w.-]*\.txt|\.env[\w.-]*|[\w.-]*\.env)$/;

/** Names that say what a file is for: nothing is opened to find out. */
const deploymentName =
  /^(?:Procfile[\w.-]*|[\w.-]*Dockerfile[\w.-]*|Containerfile[\w.-]*|(?:docker-)?(?:compose|stack|swarm)[\w.-]*\.ya?ml|(?:production|prod|staging|live)\.ya?ml|pgbouncer[\w.-]*\.ini[\w.]*|uwsgi[\w.-]*\.ini|[\w.-]*uwsgi\.ini|haproxy[\w.-]*\.cfg|Caddyfile[\w.-]*|nginx[\w.-]*\.(?:conf|template)[\w.]*|supervisord?[\w.-]*\.(?:conf|ini)|postgresql[\w.-]*\.conf|[\w.@-]+\.service(?:\.[\w]+)?|(?:docker-?)?entrypoint[\w.-]*|(?:start|run|boot|launch|serve|worker|web|celery|gunicorn|uvicorn|cmd)[\w-]*(?:\.sh)?)$/;
/** Within folders of that kind, whatever the file is called. */
const deploymentFolder =
  /(?:^|\/)(?:k8s|kube\w*|deploy\w*|manifests?|helm|charts?|kustomize|docker|compose|nginx|supervisor\w*|systemd|uwsgi|pgbouncer|infra\w*|ops|contrib)\/(?:.*\/)?[\w.@-]+\.(?:ya?ml|conf|ini|cfg|service|sh|template)$/;

/** Lists a project's Python files, templates and the few text files that say what it depends on. */
export function findFiles(root: string, options: FindOptions = {}): FoundFiles {
  const files: FoundFile[] = [];
  const environments: string[] = [];
  const notices: Notice[] = [];
  const links: string[] = [];
  const visited = new Set<string>();
  const excluded = (options.exclude ?? []).map(globExpression);
  const isExcluded = (path: string): boolean => excluded.some((glob) => glob.test(path));
  const refuse = (file: string, error: unknown): void => {
    notices.push({ file, line: 1, column: 1, message: `Could not be read: ${reason(error)}.` });
  };

  const visitFolder = (folder: string): void => {
    let entries: readonly Dirent[];
    try {
      const real = realpathSync(join(root, folder));
      if (visited.has(real)) return;
      visited.add(real);
      entries = readdirSync(join(root, folder), { withFileTypes: true });
    } catch (error) {
      refuse(folder, error);
      return;
    }
    const names = new Set(entries.map((entry) => entry.name));
    if (folder !== "" && names.has("pyvenv.cfg")) {
      environments.push(folder);
      return;
    }
    if (folder !== "" && isBuildOutput(folder, names)) return;
    for (const entry of entries) visitEntry(folder === "" ? entry.name : `${folder}/${entry.name}`, entry);
  };

  const visitEntry = (path: string, entry: Dirent): void => {
    if (isExcluded(path)) return;
    if (entry.isSymbolicLink()) links.push(path);
    else if (entry.isDirectory()) {
      if (entersFolder(entry.name, options) || isEnvironment(root, path) || isAppOfTests(root, path)) visitFolder(path);
    } else if (entry.isFile()) addFile(path, entry.name);
  };

  const addFile = (path: string, name: string): void => {
    const kind = kindOf(path);
    if (!kind || (!options.includeTests && testFile.test(name) && !isModuleOfViews(root, path))) return;
    try {
      files.push({ path, size: statSync(join(root, path)).size, kind });
    } catch (error) {
      refuse(path, error);
    }
  };

  /** Links come last, so that a file is listed under its own path where it has one. */
  const visitLink = (path: string): void => {
    try {
      const name = path.slice(path.lastIndexOf("/") + 1);
      const real = realpathSync(join(root, path));
      if (statSync(real).isDirectory()) {
        if (entersFolder(name, options) && !visited.has(real) && !contains(real, root)) visitFolder(path);
      } else if (!isWithin(visited, real)) addFile(path, name);
    } catch (error) {
      refuse(path, error);
    }
  };

  visitFolder("");
  while (links.length > 0) visitLink(links.shift() ?? "");
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, environments: environments.toSorted(), notices };
}

/** Versions of the packages installed in a virtual environment, by normalised name. */
export function readInstalledVersions(environment: string): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  for (const folder of sitePackages(environment)) {
    for (const name of listFolder(folder)) {
      const match = /^(.+)-([^-]+)\.(?:dist|egg)-info$/.exec(name);
      if (match) versions.set((match[1] ?? "").toLowerCase().replaceAll(/[._]/g, "-"), match[2] ?? "");
    }
  }
  return versions;
}

/** The folders of an environment that hold its packages. */
export function sitePackages(environment: string): readonly string[] {
  const lib = join(environment, "lib");
  const unix = listFolder(lib).filter((name) => name.startsWith("python"));
  const folders = unix.map((name) => join(lib, name, "site-packages"));
  return [...folders, join(environment, "Lib", "site-packages")].filter((each) => listFolder(each).length > 0);
}

/** A file's text without its byte order mark, Python's in its own encoding; null where it cannot be read. */
export function readTextFile(path: string): string | null {
  const bytes = readBytes(path);
  if (bytes === null) return null;
  if (path.endsWith(".py")) return decodeText(bytes).text;
  const text = bytes.toString("utf8");
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

/** Null where the file cannot be read. */
export function readBytes(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

/** Edits count the bytes of a file's byte order mark; texts are without it. */
export function byteOrderMarkLength(path: string): number {
  try {
    return readFileSync(path, "utf8").startsWith("\uFEFF") ? 3 : 0;
  } catch {
    return 0;
  }
}

/** `*` stays within a folder, `**` does not; a glob without a slash means a name at any depth. */
function globExpression(glob: string): RegExp {
  const anchored = glob.replace(/\/$/, "").includes("/") ? glob.replace(/^\.?\//, "") : `**/${glob}`;
  const source = anchored
    .replace(/\/$/, "")
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\*\*\/|\*\*|\*|\?/g, (mark) => globParts.get(mark) ?? mark);
  return new RegExp(`^${source}(?:/.*)?$`);
}

const globParts = new Map([
  ["**/", "(?:.*/)?"],
  ["**", ".*"],
  ["*", "[^/]*"],
  ["?", "[^/]"],
]);

function kindOf(path: string): FoundFile["kind"] | null {
  if (path.endsWith(".py")) return /(?:^|\/)migrations\/[^/]+\.py$/.test(path) ? "migration" : "python";
  if (textFile.test(path)) return "text";
  if (templateFile.test(path) || templateInFolder.test(path)) return "template";
  if (deploymentName.test(path.slice(path.lastIndexOf("/") + 1)) || deploymentFolder.test(path)) return "deployment";
  return writtenInFolder.test(path) ? "template" : null;
}

function entersFolder(name: string, options: FindOptions): boolean {
  if (skippedFolders.has(name) || name.endsWith(".egg-info")) return false;
  return options.includeTests === true || !testFolders.has(name);
}

/** An app about tests of some other kind (exams, scans) is named `test`: it has pages, and no file of it tests anything. */
function isAppOfTests(root: string, path: string): boolean {
  if (!path.endsWith("/test")) return false;
  const names = listFolder(join(root, path));
  return ["__init__.py", "urls.py", "views.py"].every((name) => names.includes(name)) && !names.some((name) => testFile.test(name));
}

/** `frontend/tests.py` of a service that shows what tests have found. */
function isModuleOfViews(root: string, path: string): boolean {
  if (!/tests?\.py$/.test(path)) return false;
  try {
    const text = readFileSync(join(root, path), "latin1");
    return holdsView.test(text) && !holdsTests.test(text);
  } catch {
    return false;
  }
}

function isEnvironment(root: string, path: string): boolean {
  return listFolder(join(root, path)).includes("pyvenv.cfg");
}

/** `build`, `dist`, `static` … unless it is a package of the project's own. */
function isBuildOutput(folder: string, names: ReadonlySet<string>): boolean {
  return buildFolders.has(folder.slice(folder.lastIndexOf("/") + 1)) && !names.has("__init__.py");
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const contains = (folder: string, other: string): boolean => `${other}/`.startsWith(`${folder}/`);

function isWithin(folders: ReadonlySet<string>, file: string): boolean {
  return folders.has(file.slice(0, file.lastIndexOf("/")));
}

function reason(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
