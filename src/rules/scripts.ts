import type { Expr, Program, PythonModule, Stmt } from "../model/index.ts";
import { namersOf } from "./importers.ts";

/**
 * Modules that Django, Celery and common packages look up in every app by this name, and the entry points of servers: no import
 * statement need name them.
 */
const LOADED_BY_NAME = new Set(
  "admin apps asgi celery conftest documents forms models routing search_indexes settings signals tables tasks tests translation urls views wagtail_hooks wsgi".split(
    " ",
  ),
);

/** A module that works through something as it is loaded, and that nothing loads but a person. */
export function isScript(program: Program, module: PythonModule): boolean {
  if (hasNoImportableName(module)) return true;
  return module.ir.body.some(isWork) && (module.ir.body.some(setsUpDjango) || !mayBeImported(program, module));
}

/** `os.environ.setdefault("DJANGO_SETTINGS_MODULE", …)`, `django.setup()`: whoever imports the module has done that. Servers' entry points do no work beside it. */
function setsUpDjango(stmt: Stmt): boolean {
  const value = stmt.kind === "expr" || stmt.kind === "assign" ? stmt.value : null;
  if (stmt.kind === "assign") return stmt.targets.some((target) => target.kind === "subscript" && isText(target.index, SETTINGS));
  if (value?.kind !== "call" || value.callee.kind !== "attribute") return false;
  const { name, object } = value.callee;
  return isText(value.args[0], SETTINGS) || (name === "setup" && object.kind === "name" && object.name === "django");
}

const SETTINGS = "DJANGO_SETTINGS_MODULE";
const isText = (expr: Expr | undefined, text: string): boolean => expr?.kind === "str" && expr.value === text;

/** `create-testdata.py`: no import statement can name it. `__main__.py` is what `python -m` runs. */
function hasNoImportableName({ ir }: PythonModule): boolean {
  return /(?:-[^/]*|(?:^|\/)__main__)\.py$/.test(ir.file);
}

/** Modules that are imported define things; a loop, a file that is held open, a printed line or a row that is written at the top is work. */
function isWork(stmt: Stmt): boolean {
  if (stmt.kind === "for" || stmt.kind === "while" || stmt.kind === "with") return true;
  const value = stmt.kind === "expr" || stmt.kind === "assign" ? stmt.value : null;
  if (value?.kind !== "call") return false;
  const { callee } = value;
  if (callee.kind === "attribute") return WRITING.has(callee.name);
  return stmt.kind === "expr" && callee.kind === "name" && PRINTING.has(callee.name);
}

const WRITING = new Set(["create", "get_or_create", "update_or_create", "bulk_create", "save", "delete"]);
const PRINTING = new Set(["print", "pprint"]);

/** Whether something may import the module: a convention, an import statement anywhere in the project or a string with dots. */
function mayBeImported(program: Program, module: PythonModule): boolean {
  const parts = module.name.split(".");
  const last = parts.at(-1) ?? module.name;
  if (module.isPackage || LOADED_BY_NAME.has(last) || parts.includes("templatetags")) return true;
  return namersOf(program, module).length > 0;
}
