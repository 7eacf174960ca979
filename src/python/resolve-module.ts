import type { Module } from "../model/ir.ts";
import type { PythonModule } from "../model/project.ts";
import { classesOf, collectDefinitions, type Definitions } from "./program-scope.ts";

/** A lowered file with the dotted name it is imported by. */
export interface SourceModule {
  readonly name: string;
  readonly isPackage: boolean;
  readonly origin: PythonModule["origin"];
  readonly ir: Module;
  /** The source root it lies under. Matters only where two roots have modules of the same name. */
  readonly root?: string;
}

/**
 * Modules by name. Where two source roots claim one name, imports prefer the importer's own root. Where one root lies in another, a
 * module has a second name, from the outer root, by which it is found too.
 */
export interface ModuleTable {
  readonly modules: ReadonlyMap<string, PythonModule>;
  find(name: string, from?: PythonModule): PythonModule | null;
}

const trust = { project: 0, installed: 1, builtin: 2 } as const;

export function createModuleTable(sources: readonly SourceModule[]): ModuleTable {
  const modules = new Map<string, PythonModule>();
  const roots = new Map<PythonModule, string>();
  const doubles = new Map<string, Map<string, PythonModule>>();
  const outer = new Map<string, PythonModule>();

  for (const source of sources.toSorted((a, b) => trust[a.origin] - trust[b.origin])) {
    const root = source.root ?? "";
    const twin = modules.get(source.name);
    if (!twin) {
      const module = createModule(source, source.name);
      modules.set(source.name, module);
      roots.set(module, root);
      if (root !== "") outer.set(`${root.replaceAll("/", ".")}.${source.name}`, module);
    } else if (source.origin === "project" && roots.get(twin) !== root) {
      const module = createModule(source, uniqueName(modules, source.name, root));
      modules.set(module.name, module);
      roots.set(module, root);
      doubles.set(root, (doubles.get(root) ?? new Map()).set(source.name, module));
    }
  }
  const find = (name: string, from?: PythonModule): PythonModule | null => {
    const importer = from && doubles.size > 0 ? modules.get(from.name) : undefined;
    const own = importer && doubles.get(roots.get(importer) ?? "")?.get(name);
    return own ?? modules.get(name) ?? outer.get(name) ?? null;
  };
  return { modules, find };
}

function uniqueName(modules: ReadonlyMap<string, PythonModule>, name: string, root: string): string {
  const prefix = root.replaceAll("/", ".");
  let unique = `${prefix}.${name}`;
  while (modules.has(unique)) unique = `_.${unique}`;
  return unique;
}

function createModule({ isPackage, origin, ir }: SourceModule, name: string): PythonModule {
  let scope: Definitions | undefined;
  let classes: PythonModule["classes"] | undefined;
  const module: PythonModule = {
    name,
    isPackage,
    origin,
    ir,
    get scope() {
      return (scope ??= collectDefinitions(module, ir.body, null, name));
    },
    get classes() {
      return (classes ??= classesOf(module.scope));
    },
  };
  return module;
}
