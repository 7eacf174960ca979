/** gunicorn's configuration files: Python that is read for its constants. */
import type { Said, Service } from "../model/deployment.ts";
import type { Expr, FunctionDef, Module, Stmt } from "../model/ir.ts";
import { evaluateConstant, type ConstantValue } from "../python/constant.ts";
import { walkConstants, type MutableValues } from "../python/constant-walk.ts";
import { decideForProduction } from "./decide.ts";
import type { DeploymentInput } from "./input.ts";
import { numberOr } from "./options.ts";
import { oneLine } from "./said.ts";
import { GUNICORN_DEFAULTS, isGreen, workerClassOf, type Started } from "./servers.ts";

export interface GunicornFile {
  readonly file: string;
  readonly settings: ReadonlyMap<string, Setting>;
  readonly hooks: readonly string[];
  readonly text: string;
}

/** `value` is undefined where code computes it. */
interface Setting {
  readonly value: ConstantValue | undefined;
  readonly span: { readonly file: string; readonly start: number; readonly end: number };
  readonly dependsOn?: string;
}

const SETTINGS = new Set(
  "workers worker_class threads timeout worker_connections preload_app bind wsgi_app max_requests raw_env graceful_timeout keepalive".split(" "),
);
const HOOK =
  /^(?:on_starting|on_reload|when_ready|pre_fork|post_fork|post_worker_init|pre_exec|pre_request|post_request|child_exit|worker_int|worker_abort|worker_exit|nworkers_changed|on_exit)$/;

export function readGunicornFiles({ modules, readText }: Pick<DeploymentInput, "modules" | "readText">): GunicornFile[] {
  return [...modules].flatMap(([file, ir]) => {
    if (
      !/(?:^|\/)(?:gunicorn[\w.-]*|[\w.-]*gunicorn[\w-]*(?:\.conf)?)\.py$|(?:^|\/)gunicorn\/[\w.-]+\.py$/.test(file) ||
      /(?:^|[/._-])(?:dev|local|tests?)(?:$|[/._-])/.test(file)
    )
      return [];
    const text = readText(file) ?? "";
    const settings = settingsIn(file, ir, text);
    const isUsual = file.endsWith("gunicorn.conf.py") && settings.size > 0;
    return isUsual || ["workers", "worker_class", "threads", "timeout", "bind"].some((name) => settings.has(name))
      ? [{ file, settings, hooks: hooksIn(ir.body), text }]
      : [];
  });
}

function settingsIn(file: string, { body }: Module, text: string): ReadonlyMap<string, Setting> {
  const values: MutableValues = new Map();
  const scope = (known: MutableValues): { lookup: (dotted: string) => ConstantValue | undefined; decide: (test: Expr) => boolean | undefined } => ({
    lookup: (dotted) => known.get(dotted),
    decide: decideForProduction,
  });
  walkConstants(body, values, { scope, star: () => new Map(), included: () => [] });
  const found = new Map<string, Setting>();
  for (const [name, stmt] of assignments(body)) {
    if (!SETTINGS.has(name)) continue;
    // A value that the environment decides is its default only where one is written.
    const value = stmt.value === null ? undefined : (evaluateConstant(stmt.value, scope(values)) ?? values.get(name));
    const said = text.slice(stmt.value?.start ?? stmt.end, stmt.end);
    found.set(name, {
      value,
      span: { file, start: stmt.start, end: stmt.end },
      ...(/environ|getenv|\bconfig\(|\benv\b/.test(said) ? { dependsOn: oneLine(said) } : {}),
    });
  }
  return found;
}

type Assignment = Extract<Stmt, { readonly kind: "assign" }>;

function assignments(body: readonly Stmt[]): (readonly [string, Assignment])[] {
  return body.flatMap((stmt): (readonly [string, Assignment])[] => {
    if (stmt.kind === "assign") return stmt.targets.flatMap((target) => (target.kind === "name" ? [[target.name, stmt] as const] : []));
    if (stmt.kind === "if") return [...assignments(stmt.then), ...assignments(stmt.otherwise)];
    return stmt.kind === "try" ? [...stmt.handlers.flatMap((one) => assignments(one.body)), ...assignments(stmt.body)] : [];
  });
}

function hooksIn(body: readonly Stmt[]): string[] {
  return body.filter((stmt): stmt is FunctionDef => stmt.kind === "function" && HOOK.test(stmt.name)).map(({ name }) => name);
}

/** Commands take over what their configuration file says; a file that no command names is a service by itself. */
export function withConfiguration(started: readonly Started[], files: readonly GunicornFile[]): Service[] {
  const used = new Set<GunicornFile>();
  const services = started.map((one) => {
    if (one.service.server !== "gunicorn") return one.service;
    const file = fileOf(one, files);
    if (file === null) return one.service;
    used.add(file);
    return merge(one.service, file, one.app);
  });
  return [...services, ...files.filter((file) => !used.has(file)).map((file) => merge(bareService(file), file, null))];
}

/** The file that `--config` names, else `gunicorn.conf.py` where the command runs: the only one of that name, or the one at the root. */
function fileOf({ config }: Started, files: readonly GunicornFile[]): GunicornFile | null {
  if (config !== null) {
    const path = config.replace(/^(?:file|python):/, "").replace(/^[./]+/, "");
    const dotted = `${path.replaceAll(".", "/")}.py`;
    const base = path.slice(path.lastIndexOf("/") + 1);
    return (
      files.find(({ file }) => file === path || path.endsWith(`/${file}`) || file.endsWith(`/${path}`) || file.endsWith(dotted)) ??
      files.find(({ file }) => file.endsWith(`/${base}`) || file === base) ??
      null
    );
  }
  const usual = files.filter(({ file }) => /(?:^|\/)gunicorn\.conf\.py$/.test(file));
  return usual.find(({ file }) => !file.includes("/")) ?? (usual.length === 1 ? (usual[0] ?? null) : null);
}

function bareService({ file, settings }: GunicornFile): Service {
  const first = [...settings.values()].map(({ span }) => span).toSorted((a, b) => a.start - b.start)[0] ?? { file, start: 0, end: 0 };
  const none = { value: 1, spot: null, isDefault: true };
  return {
    name: file.slice(file.lastIndexOf("/") + 1),
    kind: "wsgi",
    server: "gunicorn",
    workerClass: { value: "sync", spot: null, isDefault: true },
    processes: none,
    threads: none,
    connections: null,
    replicas: null,
    surge: null,
    timeout: { value: GUNICORN_DEFAULTS.timeout, spot: null, isDefault: true },
    preloads: { value: false, spot: null, isDefault: true },
    hooks: [],
    settings: null,
    spot: { role: "definition", span: first },
    group: file,
  };
}

function merge(service: Service, file: GunicornFile, app: string | null): Service {
  const number = (name: string, own: Said<number> | null): Said<number> | null => (own !== null && own.isDefault !== true ? own : saidNumber(file, name, own));
  const threads = number("threads", service.threads);
  const own = service.workerClass;
  const said = own !== null && own.isDefault !== true && own.value !== "gthread" ? own : (saidText(file, "worker_class") ?? null);
  const workerClass = workerClassOf(said, threads);
  const asks = app ?? saidText(file, "wsgi_app")?.value ?? /\b[\w.]*asgi[\w.]*:\w+/.exec(file.text)?.[0] ?? "";
  const connections = isGreen(workerClass.value) ? number("worker_connections", numberOr(null, GUNICORN_DEFAULTS.connections)) : null;
  return {
    ...service,
    kind: workerClass.value === "uvicorn" || (asks.includes("asgi") && !isGreen(workerClass.value) && workerClass.value !== "gthread") ? "asgi" : service.kind,
    workerClass,
    threads,
    connections,
    processes: number("workers", service.processes),
    timeout: number("timeout", service.timeout),
    preloads: service.preloads?.isDefault === true ? (saidFlag(file, "preload_app") ?? service.preloads) : service.preloads,
    hooks: file.hooks,
  };
}

/** Null where the file computes it; what it does not say stays as it was. */
function saidNumber({ settings }: GunicornFile, name: string, otherwise: Said<number> | null): Said<number> | null {
  const setting = settings.get(name);
  if (setting === undefined) return otherwise;
  const value = typeof setting.value === "string" && /^\d+$/.test(setting.value) ? Number(setting.value) : setting.value;
  return typeof value === "number"
    ? { value, spot: { role: "definition", span: setting.span }, ...(setting.dependsOn === undefined ? {} : { dependsOn: setting.dependsOn }) }
    : null;
}

function saidText({ settings }: GunicornFile, name: string): Said<string> | null {
  const setting = settings.get(name);
  return setting === undefined || typeof setting.value !== "string" ? null : { value: setting.value, spot: { role: "definition", span: setting.span } };
}

function saidFlag({ settings }: GunicornFile, name: string): Said<boolean> | null {
  const setting = settings.get(name);
  return setting === undefined || typeof setting.value !== "boolean" ? null : { value: setting.value, spot: { role: "definition", span: setting.span } };
}
