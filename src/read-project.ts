/** From a folder to a program and its models: reading, parsing, discovery. */
import path from "node:path";
import { loadStubs, readStubPack } from "./builtin/load-stubs.ts";
import { discoverProject, type Discovery } from "./django/discover.ts";
import { buildModelGraph } from "./django/models.ts";
import { standIns, stubFolders } from "./frameworks/registry.ts";
import { readMigrations } from "./django/migrations/read-migrations.ts";
import type { AnalyseOptions, Module, ModelGraph, Notice, Progress, ProjectMigrations } from "./model/index.ts";
import { decodeModule } from "./python/codec.ts";
import { decodeText } from "./python/decode-text.ts";
import type { SourceModule } from "./python/program.ts";
import { readImportedPackages, type PackageSources } from "./read-packages.ts";
import type { Cache } from "./sources/cache.ts";
import { findEnvironment, type Environment } from "./sources/environment.ts";
import { readBytes, readTextFile, type FoundFile, type FoundFiles } from "./sources/find-files.ts";
import { lowerFiles } from "./sources/lower-files.ts";
import { contentHash, type Pack } from "./sources/pack.ts";

export interface ReadProject {
  readonly discovery: Discovery;
  readonly graph: ModelGraph;
  readonly files: readonly FoundFile[];
  readonly notices: readonly Notice[];
  readonly readText: (file: string) => string | null;
  readonly modules: ReadonlyMap<string, Module>;
  readonly migrations: ProjectMigrations;
}

/** The environment whose packages the project imports. */
export function environmentOf({ root, activeEnvironment }: AnalyseOptions, { environments }: FoundFiles): Environment | null {
  return findEnvironment(root, environments, activeEnvironment);
}

export async function readProject(options: AnalyseOptions, found: FoundFiles, cache: Cache | null, progress: Progress): Promise<ReadProject> {
  const readText = textReader(options);
  const environment = environmentOf(options, found);
  const stubs = await readStubs(options.conventions);
  const read = await readModules(options, found, cache, progress);
  const { notices, kept } = read;
  const kinds = new Map(found.files.map((file) => [file.path, file.kind]));
  const ofKind = (kind: FoundFile["kind"]): ReadonlyMap<string, Module> => new Map([...read.modules].filter(([file]) => kinds.get(file) === kind));
  const modules = ofKind("python");
  const installed =
    environment === null ? [] : await readImportedPackages(modules, { environment, described: describedBy(stubs), lower: packageLowering(cache, kept) });
  // A change that is tried is no state of the project: nothing of it is kept.
  if (cache !== null && options.texts === undefined && !isSame(kept, cache.modules)) cache.saveModules(kept);
  const discovery = discoverProject({
    root: options.root,
    modules,
    templates: found.files.filter((file) => file.kind === "template").map((file) => file.path),
    texts: found.files.filter((file) => file.kind === "text").map((file) => file.path),
    readText,
    packages: [...stubs, ...installed],
    installedVersions: options.djangoVersion === undefined ? (environment?.versions ?? new Map()) : new Map([["django", options.djangoVersion]]),
    standIns,
  });
  const graph = buildModelGraph(discovery.program, discovery.project);
  const migrations = readMigrations(read.modules, discovery.project);
  return { discovery, graph, files: found.files, notices: [...found.notices, ...notices, ...discovery.project.notices], readText, modules, migrations };
}

function isSame(kept: Pack, before: Pack): boolean {
  return kept.size === before.size && [...kept.keys()].every((key) => before.has(key));
}

/** Modules that stubs describe, and `django.*` where an adapter's stubs stand for the package. */
function describedBy(stubs: readonly SourceModule[]): ReadonlySet<string> {
  const described = new Set(stubs.map((one) => one.name));
  for (const folder of stubFolders()) for (const { name } of loadStubs(folder)) described.add(`${name.split(".", 1)[0]}.*`);
  return described;
}

/** Packages' modules out of the cache, the others lowered; all of them are kept. */
function packageLowering(cache: Cache | null, kept: Map<string, Uint8Array>): PackageSources["lower"] {
  return async (files) => {
    const modules = new Map<string, Module>();
    const missing: { readonly file: string; readonly bytes: Uint8Array }[] = [];
    for (const { file, path: place } of files) {
      const bytes = readBytes(place);
      if (bytes === null) continue;
      const key = contentHash(file, bytes);
      const encoded = cache?.modules.get(key);
      if (encoded === undefined) missing.push({ file, bytes });
      else {
        modules.set(file, decodeModule(encoded));
        kept.set(key, encoded);
      }
    }
    const keys = new Map(missing.map(({ file, bytes }) => [file, contentHash(file, bytes)]));
    const keeps = (file: string, encoded: Uint8Array): void => void kept.set(keys.get(file) ?? "", encoded);
    const lowered = await lowerFiles(missing, { jobs: 1, isKept: cache !== null, keeps, tick: () => undefined });
    return new Map([...modules, ...lowered]);
  };
}

function textReader({ root, texts: tried }: AnalyseOptions): ReadProject["readText"] {
  const texts = new Map<string, string | null>();
  return (file) => {
    const known = texts.get(file);
    if (known !== undefined) return known;
    const text = tried?.get(file)?.replace(/^\uFEFF/, "") ?? readTextFile(path.join(root, file));
    texts.set(file, text);
    return text;
  };
}

interface ReadModules {
  readonly modules: ReadonlyMap<string, Module>;
  readonly notices: readonly Notice[];
  /** Encoded modules for the next run, by the hash of their text. */
  readonly kept: Map<string, Uint8Array>;
}

/** What the cache has is decoded, the rest is lowered. */
async function readModules({ root, jobs, texts }: AnalyseOptions, found: FoundFiles, cache: Cache | null, progress: Progress): Promise<ReadModules> {
  const python = found.files.filter((file) => file.kind === "python" || file.kind === "migration").map((file) => file.path);
  const notices: Notice[] = [];
  const known = new Map<string, Module>();
  const kept = new Map<string, Uint8Array>();
  const keys = new Map<string, string>();
  const missing: { readonly file: string; readonly bytes: Uint8Array }[] = [];
  for (const file of python) {
    const tried = texts?.get(file);
    const key = tried === undefined ? (cache?.hashOf(file) ?? null) : null;
    const encoded = key === null ? undefined : cache?.modules.get(key);
    if (key !== null) keys.set(file, key);
    if (key !== null && encoded !== undefined) {
      known.set(file, decodeModule(encoded));
      kept.set(key, encoded);
      continue;
    }
    const bytes = tried === undefined ? readBytes(path.join(root, file)) : new TextEncoder().encode(tried);
    if (bytes === null) continue;
    const { notice } = decodeText(bytes);
    if (notice !== null) notices.push({ file, line: 1, column: 1, message: `The text is ${notice}.` });
    // A notice is said in every run, so such a file is lowered in every run; and one may change while we look.
    if (notice !== null || key !== contentHash(file, bytes)) keys.delete(file);
    missing.push({ file, bytes });
  }
  let done = known.size;
  const lowered = await lowerFiles(missing, {
    jobs,
    isKept: cache !== null,
    keeps: (file, encoded) => {
      const key = keys.get(file);
      if (key !== undefined) kept.set(key, encoded);
    },
    tick: (files) => progress({ phase: "parsing", done: (done += files), total: python.length, unit: "files" }),
  });
  const ordered = python.flatMap((file) => {
    const module = known.get(file) ?? lowered.get(file);
    return module === undefined ? [] : [[file, module] as const];
  });
  return { modules: new Map(ordered), notices, kept };
}

/** The built-in stubs were lowered when luthier was built; a project's own conventions are lowered here. */
async function readStubs(conventions: readonly string[]): Promise<readonly SourceModule[]> {
  const stubs = [undefined, ...stubFolders(), ...conventions].flatMap((folder) => loadStubs(folder));
  const pack: Pack = readStubPack();
  const prepared = new Map<(typeof stubs)[number], Module>();
  for (const stub of stubs) {
    const encoded = pack.get(contentHash(stub.file, stub.text));
    if (encoded !== undefined) prepared.set(stub, decodeModule(encoded));
  }
  const missing = stubs.filter((stub) => !prepared.has(stub));
  const parser = missing.length === 0 ? null : await (await import("./python/parser.ts")).openPythonParser();
  return stubs.flatMap((stub) => {
    const ir = prepared.get(stub) ?? parser?.lower(stub.file, stub.text);
    return ir === undefined ? [] : [{ name: stub.name, isPackage: stub.isPackage, origin: "builtin" as const, ir }];
  });
}
