/** From a folder to a program and its models: reading, parsing, discovery. */
import path from "node:path";
import { loadStubs } from "./builtin/load-stubs.ts";
import { discoverProject, type Discovery } from "./django/discover.ts";
import { buildModelGraph } from "./django/models.ts";
import { standIns, stubFolders } from "./frameworks/registry.ts";
import type { AnalyseOptions, Module, ModelGraph, Notice, Progress } from "./model/index.ts";
import { openPythonParser } from "./python/parser.ts";
import { findFiles, readTextFile, type FoundFile } from "./sources/find-files.ts";

export interface ReadProject {
  readonly discovery: Discovery;
  readonly graph: ModelGraph;
  readonly files: readonly FoundFile[];
  readonly notices: readonly Notice[];
  readonly readText: (file: string) => string | null;
  readonly modules: ReadonlyMap<string, Module>;
}

export async function readProject(options: AnalyseOptions, progress: Progress): Promise<ReadProject> {
  const found = findFiles(options.root, { exclude: options.exclude });
  const texts = new Map<string, string | null>();
  const readText = (file: string): string | null => {
    const known = texts.get(file);
    if (known !== undefined) return known;
    const text = options.texts?.get(file)?.replace(/^\uFEFF/, "") ?? readTextFile(path.join(options.root, file));
    texts.set(file, text);
    return text;
  };
  const parser = await openPythonParser();
  const modules = new Map<string, Module>();
  const python = found.files.filter((file) => file.kind === "python");
  for (const [index, file] of python.entries()) {
    const text = readText(file.path);
    if (text !== null) modules.set(file.path, parser.lower(file.path, text));
    progress({ phase: "parsing", done: index + 1, total: python.length, unit: "files" });
  }
  const packages = [undefined, ...stubFolders(), ...options.conventions]
    .flatMap((folder) => loadStubs(folder))
    .map((stub) => ({ name: stub.name, isPackage: stub.isPackage, origin: "builtin" as const, ir: parser.lower(stub.file, stub.text) }));
  const discovery = discoverProject({
    root: options.root,
    modules,
    templates: found.files.filter((file) => file.kind === "template").map((file) => file.path),
    texts: found.files.filter((file) => file.kind === "text").map((file) => file.path),
    readText,
    packages,
    standIns,
  });
  const graph = buildModelGraph(discovery.program, discovery.project);
  return { discovery, graph, files: found.files, notices: [...found.notices, ...discovery.project.notices], readText, modules };
}
