import type { ModelGraph } from "../model/project.ts";
import { loadStubs } from "../builtin/load-stubs.ts";
import { openPythonParser } from "../python/parser.ts";
import { discoverProject, type Discovery } from "./discover.ts";
import { buildModelGraph } from "./models.ts";

/** File texts by path. */
export type Files = Readonly<Record<string, string>>;

export interface TestProject extends Discovery {
  readonly graph: ModelGraph;
}

const parser = await openPythonParser();
const packages = loadStubs().map(({ name, isPackage, file, text }) => ({
  name,
  isPackage,
  origin: "builtin" as const,
  ir: parser.lower(file, text),
}));

/** For tests: reads a project whose files are in memory. */
export function readTestProject(files: Files): TestProject {
  const paths = Object.keys(files);
  const modules = paths.filter((path) => path.endsWith(".py"));
  const templates = paths.filter((path) => /\.(?:html|jinja2?)$/.test(path));
  const discovery = discoverProject({
    root: "/project",
    modules: new Map(modules.map((path) => [path, parser.lower(path, files[path] ?? "")])),
    templates,
    texts: paths.filter((path) => !modules.includes(path) && !templates.includes(path)),
    readText: (path) => files[path] ?? null,
    packages,
  });
  return { ...discovery, graph: buildModelGraph(discovery.program, discovery.project) };
}

/** For tests: a relation as one line, `fk shop.Author <- book_set`. */
export function showRelation(graph: ModelGraph, path: string): string {
  const cut = path.lastIndexOf(".");
  const field = graph.byLabel(path.slice(0, cut))?.fields.get(path.slice(cut + 1));
  if (!field) return "no such field";
  if (!field.relation) return `column ${field.type.slice(field.type.lastIndexOf(".") + 1)}`;
  const { kind, target, back, through } = field.relation;
  return `${kind} ${target}${back ? ` <- ${back}` : ""}${through ? ` via ${through}` : ""}`;
}
