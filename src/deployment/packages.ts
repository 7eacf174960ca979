/** Versions of packages: what is installed, else what lock files and requirements pin. */
import type { PackageFact } from "../model/deployment.ts";
import type { Span } from "../model/span.ts";

type Texts = readonly (readonly [file: string, text: string])[];

/** @param texts requirement, lock and project files */
export function readPackages(texts: Texts, installed: ReadonlyMap<string, string>): ReadonlyMap<string, PackageFact> {
  const found = new Map<string, PackageFact>();
  const add = (name: string, version: string | null, span: Span): void => {
    const key = normalise(name);
    const known = found.get(key);
    if (known === undefined || (known.version === null && version !== null)) found.set(key, { version, spot: { role: "definition", span } });
    const wheel = /^(psycopg2)-binary$|^(psycopg)-(?:binary|c)$/.exec(key);
    const plain = wheel?.[1] ?? wheel?.[2];
    if (plain !== undefined && !found.has(plain)) add(plain, version, span);
  };
  for (const [file, text] of texts.toSorted(([a], [b]) => rankOf(a) - rankOf(b) || a.split("/").length - b.split("/").length))
    READERS.find(([pattern]) => pattern.test(file))?.[1](file, text, add);
  for (const [name, version] of installed) found.set(normalise(name), { version, spot: found.get(normalise(name))?.spot ?? null });
  if (installed.has("psycopg2-binary") && !installed.has("psycopg2")) found.set("psycopg2", { version: installed.get("psycopg2-binary") ?? null, spot: null });
  return found;
}

const normalise = (name: string): string => name.toLowerCase().replaceAll(/[-_.]+/g, "-");

type Add = (name: string, version: string | null, span: Span) => void;

const READERS: readonly (readonly [RegExp, (file: string, text: string, add: Add) => void])[] = [
  [/(?:uv|poetry|pdm)\.lock$/, readLock],
  [/Pipfile\.lock$/, readPipfileLock],
  [/\.(?:txt|in)$/, readRequirements],
  [/pyproject\.toml$|setup\.cfg$|setup\.py$|Pipfile$/, readProjectFile],
];

/** Lock files say it most surely; requirements for development least. */
function rankOf(file: string): number {
  const kind = READERS.findIndex(([pattern]) => pattern.test(file));
  return (kind < 0 ? READERS.length : kind) + (/dev|test|local|doc|lint/i.test(file) ? 0.5 : 0);
}

function readLock(file: string, text: string, add: Add): void {
  for (const { 0: whole, 1: name = "", 2: version = "", index } of text.matchAll(/^name = "([^"\n]+)"\r?\nversion = "([^"\n]+)"/gm))
    add(name, version, { file, start: index, end: index + whole.length });
}

function readPipfileLock(file: string, text: string, add: Add): void {
  for (const { 0: whole, 1: name = "", 2: version = "", index } of text.matchAll(/"([\w.-]+)":\s*\{[^{}]*?"version":\s*"==([^"\n]+)"/g))
    add(name, version, { file, start: index, end: index + whole.length });
}

/** `psycopg[binary,pool]==3.2.1 ; python_version > "3.9"`. */
function readRequirements(file: string, text: string, add: Add): void {
  for (const { 0: whole, 1: name = "", 2: extras = "", 3: specifier = "", index } of text.matchAll(
    /^[ \t]*([A-Za-z][\w.-]*)[ \t]*(?:\[([^\]\n]*)\])?[ \t]*((?:[=<>~!]=?[^#;\\\n]*)?)/gm,
  )) {
    add(name, pinnedIn(specifier), { file, start: index, end: index + whole.trimEnd().length });
    addExtras(name, extras, { file, start: index, end: index + whole.trimEnd().length }, add);
  }
}

/** `"psycopg[pool]>=3.1"` in lists, `psycopg = {extras = ["pool"], version = "^3.2"}` in tables. */
function readProjectFile(file: string, text: string, add: Add): void {
  for (const { 0: whole, 1: name = "", 2: extras = "", 3: specifier = "", index } of text.matchAll(
    /["']([A-Za-z][\w.-]*)[ \t]*(?:\[([^\]\n]*)\])?[ \t]*\(?((?:[=<>~!]=?[^"';\n]*)?)["';]/g,
  )) {
    if (specifier === "" && extras === "" && !/^(?:psycopg|django|gunicorn|celery|uvicorn)/i.test(name)) continue;
    const span = { file, start: index, end: index + whole.length };
    add(name, pinnedIn(specifier), span);
    addExtras(name, extras, span, add);
  }
  for (const { 0: whole, 1: name = "", 2: value = "", index } of text.matchAll(
    /^[ \t]*"?([A-Za-z][\w.-]*)"?[ \t]*=[ \t]*(\{[^}\n]*\}|"[\^~=<>*\d][^"\n]*")/gm,
  )) {
    const span = { file, start: index, end: index + whole.length };
    add(name, pinnedIn(/==?\s*([\d.]+\w*)/.exec(value)?.[0] ?? ""), span);
    addExtras(name, /extras\s*=\s*\[([^\]]*)\]/.exec(value)?.[1] ?? "", span, add);
  }
}

function pinnedIn(specifier: string): string | null {
  return /^===?\s*([\d][\w.!+-]*)\s*$/.exec(specifier.trim())?.[1] ?? null;
}

/** `psycopg[pool]` brings psycopg-pool, of a version that nothing says. */
function addExtras(name: string, extras: string, span: Span, add: Add): void {
  if (normalise(name) === "psycopg" && /\bpool\b/.test(extras)) add("psycopg-pool", null, span);
}
