import type { Call, Program, PythonModule, Stmt } from "../../model/index.ts";
import { nodesIn, type SyntaxNode } from "../../python/syntax-tree.ts";

/**
 * Modules that Django, Celery and common packages look up in every app by this name, and the entry points of servers: no import
 * statement need name them.
 */
const LOADED_BY_NAME = new Set(
  "admin apps asgi celery conftest documents forms models routing search_indexes settings signals tables tasks tests translation urls views wagtail_hooks wsgi".split(
    " ",
  ),
);

const names = new WeakMap<Program, ReadonlySet<string>>();

/** A module that works through something as it is loaded, and that nothing loads but a person. */
export function isScript(program: Program, module: PythonModule): boolean {
  return module.ir.body.some(isWork) && !mayBeImported(program, module);
}

/** Modules that are imported define things; a loop, a file that is held open or a printed line at the top is work. */
function isWork(stmt: Stmt): boolean {
  if (stmt.kind === "for" || stmt.kind === "while" || stmt.kind === "with") return true;
  return stmt.kind === "expr" && stmt.value.kind === "call" && stmt.value.callee.kind === "name" && PRINTING.has(stmt.value.callee.name);
}

const PRINTING = new Set(["print", "pprint"]);

/**
 * Whether something may import the module: a convention, an import statement anywhere in the project or a string with dots. Names are
 * compared by their parts, as a module is not always imported by the path that its folders say.
 */
function mayBeImported(program: Program, module: PythonModule): boolean {
  const parts = module.name.split(".");
  const last = parts.at(-1) ?? module.name;
  if (module.isPackage || LOADED_BY_NAME.has(last) || parts.includes("templatetags")) return true;
  const known = names.get(program) ?? importedNames(program);
  names.set(program, known);
  return known.has(last);
}

function importedNames(program: Program): ReadonlySet<string> {
  const found = new Set<string>();
  for (const module of program.modules.values()) {
    if (module.origin !== "project") continue;
    for (const stmt of module.ir.body) for (const node of nodesIn(stmt)) for (const part of namesIn(node)) found.add(part);
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
