/** Which modules of the project may import another one. */
import type { Call, Program, PythonModule } from "../model/index.ts";
import { nodesIn, type SyntaxNode } from "../python/syntax-tree.ts";

const known = new WeakMap<Program, ReadonlyMap<string, readonly PythonModule[]>>();

/**
 * Modules with an import statement that may mean the module, or a string with dots that may name it. Names are compared by their
 * parts, as a module is not always imported by the path that its folders say: rather too many than one too few.
 */
export function namersOf(program: Program, { name }: PythonModule): readonly PythonModule[] {
  const made = known.get(program) ?? namers(program);
  known.set(program, made);
  return made.get(name.split(".").at(-1) ?? name) ?? [];
}

function namers(program: Program): ReadonlyMap<string, readonly PythonModule[]> {
  const found = new Map<string, PythonModule[]>();
  for (const module of program.modules.values()) {
    if (module.origin !== "project") continue;
    const parts = new Set(module.ir.body.flatMap((stmt) => [...nodesIn(stmt)].flatMap(namesIn)));
    for (const part of parts) found.set(part, [...(found.get(part) ?? []), module]);
  }
  return found;
}

function namesIn(node: SyntaxNode): readonly string[] {
  if (node.kind === "import") return [...partsOf(node.from ?? ""), ...node.names.flatMap(({ name }) => partsOf(name))];
  if (node.kind === "call" && isDiscovery(node)) return node.args.flatMap((arg) => (arg.kind === "str" ? partsOf(arg.value) : []));
  return node.kind === "str" && /^\w+(?:\.\w+)+$/.test(node.value) ? partsOf(node.value) : [];
}

/** `autodiscover_modules("jobs")` */
function isDiscovery({ callee }: Call): boolean {
  const name = callee.kind === "attribute" || callee.kind === "name" ? callee.name : "";
  return name.startsWith("autodiscover");
}

const partsOf = (dotted: string): readonly string[] => dotted.split(".");
