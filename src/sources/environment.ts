/** The virtual environment that a project is installed in, looked at as files: nothing of it is run. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readInstalledVersions, sitePackages } from "./find-files.ts";

export interface Environment {
  /** The folder with `bin` and `lib`. */
  readonly home: string;
  /** Folders that imports are resolved in. */
  readonly folders: readonly string[];
  /** Versions of what is installed, by normalised name. */
  readonly versions: ReadonlyMap<string, string>;
}

/** A module of a package, and where its text is. */
export interface PackageFile {
  readonly name: string;
  readonly isPackage: boolean;
  /** `site-packages/acme/views.py`: no path of the project's. */
  readonly file: string;
  readonly path: string;
}

const USUAL = [".venv", "venv", "env"];

/**
 * The project's own environment, else the one that is active. One without Django is somebody else's.
 *
 * @param inside folders of the project that hold a virtual environment, relative to it
 */
export function findEnvironment(root: string, inside: readonly string[], active: string | undefined): Environment | null {
  const near = inside.toSorted((a, b) => depth(a) - depth(b) || USUAL.indexOf(b) - USUAL.indexOf(a));
  const candidates = [...near.map((folder) => join(root, folder)), ...(active === undefined || active === "" ? [] : [active])];
  for (const folder of candidates) {
    const versions = readInstalledVersions(folder);
    if (versions.has("django")) return { home: folder, folders: sitePackages(folder), versions };
  }
  return null;
}

const depth = (path: string): number => path.split("/").length;

/** The file that `import name` would read. */
export function packageFile({ folders }: Environment, name: string): PackageFile | null {
  const path = name.replaceAll(".", "/");
  for (const folder of folders) {
    for (const [tail, isPackage] of [
      ["/__init__.py", true],
      [".py", false],
    ] as const) {
      const full = join(folder, path + tail);
      if (existsSync(full)) return { name, isPackage, file: `site-packages/${path}${tail}`, path: full };
    }
  }
  return null;
}

/** A package of Django's world has an app, models or template tags. */
export function isDjangoPackage({ folders }: Environment, top: string): boolean {
  return folders.some((folder) => listOf(join(folder, top)).some((name) => /^(?:apps|models|templatetags|migrations)(?:\.py)?$/.test(name)));
}

function listOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

export function mentionsDjango(path: string): boolean {
  try {
    return /^\s*(?:from|import)\s+(?:django|rest_framework|wagtail)\b/m.test(readFileSync(path, "utf8"));
  } catch {
    return false;
  }
}
