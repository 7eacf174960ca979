import type { Expr, Module, Stmt } from "../model/ir.ts";
import { dottedName } from "../python/program-scope.ts";
import type { ReadText } from "./django-version.ts";

/** A settings module that some file names, and how far the file is to be trusted. */
export interface NamedSettings {
  readonly dotted: string;
  readonly file: string;
  /** django-configurations: the class in the module. */
  readonly configuration: string | null;
}

const entryFiles = ["manage.py", "wsgi.py", "asgi.py", "celery.py"];
const entryTexts = /(?:^|\/)(?:pytest\.ini|pyproject\.toml|setup\.cfg|tox\.ini|\.env[\w.-]*|[\w.-]*\.env)$/;

/** Settings that `DJANGO_SETTINGS_MODULE` is given, the entry points first. Tests' settings come last. */
export function findNamedSettings(modules: ReadonlyMap<string, Module>, texts: readonly string[], readText: ReadText): readonly NamedSettings[] {
  const named: NamedSettings[] = [];
  for (const [file, ir] of modules) {
    if (!/(?:^|\/)(?:manage|[a-z]*wsgi|asgi|celery\w*|conftest|__init__|__main__|\w*runtests)\.py$/.test(file)) continue;
    const values = new Map<string, string>();
    collectEnvironment(ir.body, values);
    const dotted = values.get("DJANGO_SETTINGS_MODULE");
    if (dotted) named.push({ dotted, file, configuration: values.get("DJANGO_CONFIGURATION") ?? null });
  }
  named.sort((a, b) => rankOf(a.file) - rankOf(b.file) || (a.file < b.file ? -1 : 1));
  for (const file of texts.filter((each) => entryTexts.test(each))) {
    const text = readText(file) ?? "";
    const dotted = /DJANGO_SETTINGS_MODULE["']?\s*[=:]\s*["']?([A-Za-z_][\w.]*)/.exec(text)?.[1];
    const configuration = /DJANGO_CONFIGURATION["']?\s*[=:]\s*["']?([A-Za-z_]\w*)/.exec(text)?.[1] ?? null;
    if (dotted) named.push({ dotted, file, configuration });
  }
  const first = named.filter((each) => !isForTests(each.dotted));
  return [...first, ...named.filter((each) => isForTests(each.dotted))];
}

export function isForTests(dotted: string): boolean {
  return /(?:^|[._])(?:tests?|testing|ci)(?:$|[._])/i.test(dotted);
}

function rankOf(file: string): number {
  const name = file.slice(file.lastIndexOf("/") + 1);
  const index = entryFiles.indexOf(name);
  return (index < 0 ? entryFiles.length : index) * 10 + file.split("/").length;
}

/** `os.environ.setdefault("A", "b")` and `os.environ["A"] = "b"`, inside functions too. */
function collectEnvironment(body: readonly Stmt[], values: Map<string, string>): void {
  for (const stmt of body) {
    if (stmt.kind === "expr" && stmt.value.kind === "call") {
      const callee = dottedName(stmt.value.callee) ?? "";
      const [key, value] = stmt.value.args;
      if (callee.endsWith("setdefault") && key && value) keep(key, value, values);
    } else if (stmt.kind === "assign" && stmt.targets[0]?.kind === "subscript" && stmt.value) {
      keep(stmt.targets[0].index, stmt.value, values);
    } else if (stmt.kind === "function" || stmt.kind === "with") collectEnvironment(stmt.body, values);
    else if (stmt.kind === "if") {
      collectEnvironment(stmt.otherwise, values);
      collectEnvironment(stmt.then, values);
    } else if (stmt.kind === "try") collectEnvironment(stmt.body, values);
  }
}

function keep(key: Expr, value: Expr, values: Map<string, string>): void {
  if (key.kind !== "str" || values.has(key.value)) return;
  const said = value.kind === "call" ? value.args.at(-1) : value;
  if (said?.kind === "str") values.set(key.value, said.value);
}
