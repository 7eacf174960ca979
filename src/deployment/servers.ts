/** What a command line says of the processes that it starts. */
import type { Said, Service, ServiceKind } from "../model/deployment.ts";
import type { Word } from "./command-words.ts";
import type { StartedProgram } from "./find-program.ts";
import { argumentsOf, commandSpot, flagOf, numberOf, numberOr, optionOf } from "./options.ts";

/** What stands around a command. */
export interface ServiceContext {
  readonly name: string;
  readonly variables: ReadonlyMap<string, string>;
  readonly replicas: Said<number> | null;
  readonly surge: Said<number> | null;
  /** File that lists this service among others. */
  readonly group: string;
}

/** A service, and the application or configuration that its command names. */
export interface Started {
  readonly service: Service;
  /** `bookshop.asgi:application`; null where the command names none. */
  readonly app: string | null;
  /** gunicorn's `--config`. */
  readonly config: string | null;
}

type Parts = Partial<Omit<Service, "name" | "server" | "spot">> & { readonly kind: ServiceKind };

export function toService(program: StartedProgram, context: ServiceContext): Started | null {
  const { words, name, at } = program;
  const variables = new Map([...context.variables, ...program.variables]);
  const read = READERS[name];
  const parts = read === undefined ? { kind: "command" as const, ...COMMAND } : read(words, variables);
  if (parts === null) return null;
  const service: Service = {
    ...EMPTY_SERVICE,
    ...parts,
    name: context.name,
    server: name,
    replicas: context.replicas,
    surge: context.surge,
    settings: optionOf(words, "--settings")?.value ?? variables.get("DJANGO_SETTINGS_MODULE") ?? null,
    spot: commandSpot(at, words.at(-1)),
    group: context.group,
  };
  return {
    service,
    app: name === "celery" ? null : (argumentsOf(words, FLAGS).find(({ text }) => /^[\w.]+(?::[\w.()]+)?$/.test(text))?.text ?? null),
    config: name === "gunicorn" ? (optionOf(gunicornWords(words, variables), "-c", "--config")?.value ?? null) : null,
  };
}

const FLAGS = [
  "--preload",
  "--reload",
  "--daemon",
  "-D",
  "--factory",
  "--proxy-headers",
  "--no-access-log",
  "--enable-threads",
  "--master",
  "--http-keepalive",
  "--no-sendfile",
  "--reuse-port",
  "--statsd",
  "--capture-output",
  "--no-control-socket",
];

/** Nothing is known. */
export const EMPTY_SERVICE: Omit<Service, "name" | "kind" | "server" | "spot"> = {
  workerClass: null,
  processes: null,
  threads: null,
  connections: null,
  replicas: null,
  surge: null,
  timeout: null,
  preloads: null,
  hooks: [],
  settings: null,
};

const ONE: Said<number> = { value: 1, spot: null, isDefault: true };
const COMMAND = { processes: ONE, threads: ONE };

type Reader = (words: readonly Word[], variables: ReadonlyMap<string, string>) => Parts | null;

const READERS: Readonly<Record<string, Reader>> = {
  gunicorn: (words, variables) => gunicornParts(gunicornWords(words, variables), variables),
  uvicorn: (words, variables) => ({
    kind: "asgi",
    workerClass: { value: "uvicorn", spot: null, isDefault: true },
    processes: numberOr(optionOf(words, "--workers") ?? variable(variables, "WEB_CONCURRENCY"), 1),
    connections: numberOf(optionOf(words, "--limit-concurrency")),
  }),
  daphne: (words) => ({ kind: "asgi", processes: ONE, timeout: numberOf(optionOf(words, "-t", "--http-timeout")) }),
  hypercorn: (words) => ({ kind: "asgi", processes: numberOr(optionOf(words, "-w", "--workers"), 1) }),
  granian: (words) => ({
    kind: optionOf(words, "--interface")?.value === "wsgi" ? "wsgi" : "asgi",
    processes: numberOr(optionOf(words, "--workers"), 1),
    threads: numberOr(optionOf(words, "--blocking-threads"), null),
  }),
  uwsgi: (words) =>
    uwsgiParts((...names) => {
      const options = names.map((name) => (name.length === 1 ? `-${name}` : `--${name}`));
      const flag = flagOf(words, ...options);
      return optionOf(words, ...options) ?? (flag === null ? null : { ...flag, value: "true" });
    }),
  "waitress-serve": (words) => ({ kind: "wsgi", processes: ONE, threads: numberOr(optionOf(words, "--threads"), 4) }),
  "mod_wsgi-express": (words) => ({ kind: "wsgi", processes: numberOr(optionOf(words, "--processes"), 1), threads: numberOr(optionOf(words, "--threads"), 5) }),
  celery: (words) => celeryParts(words),
  dramatiq: (words) => ({
    kind: "command",
    processes: numberOr(optionOf(words, "-p", "--processes"), null),
    threads: numberOr(optionOf(words, "-t", "--threads"), 8),
  }),
  rundramatiq: (words) => ({
    kind: "command",
    processes: numberOr(optionOf(words, "-p", "--processes"), null),
    threads: numberOr(optionOf(words, "-t", "--threads"), 8),
  }),
};

const variable = (variables: ReadonlyMap<string, string>, name: string): Said<string> | null => {
  const value = variables.get(name);
  return value === undefined ? null : { value, spot: null, dependsOn: name };
};

/** GUNICORN_CMD_ARGS come first, so that the command line wins. */
function gunicornWords(words: readonly Word[], variables: ReadonlyMap<string, string>): readonly Word[] {
  const more = variables.get("GUNICORN_CMD_ARGS");
  const [at] = words;
  if (more === undefined || at === undefined) return words;
  return [
    ...more
      .trim()
      .split(/\s+/)
      .map((text) => ({ text, span: at.span })),
    ...words,
  ];
}

/** gunicorn's own defaults (settings.py of 23.0): a sync worker of one thread, 30 s, 1000 connections. */
export const GUNICORN_DEFAULTS = { workers: 1, threads: 1, timeout: 30, connections: 1000 } as const;

function gunicornParts(words: readonly Word[], variables: ReadonlyMap<string, string>): Parts {
  const said = optionOf(words, "-k", "--worker-class");
  const threads = numberOr(optionOf(words, "--threads"), GUNICORN_DEFAULTS.threads);
  const workerClass = workerClassOf(said, threads);
  const app = argumentsOf(words, FLAGS).find(({ text }) => text.includes("asgi"));
  return {
    kind: workerClass.value === "uvicorn" || (app !== undefined && workerClass.value !== "sync") ? "asgi" : "wsgi",
    workerClass,
    processes: numberOr(optionOf(words, "-w", "--workers") ?? variable(variables, "WEB_CONCURRENCY"), GUNICORN_DEFAULTS.workers),
    threads,
    connections: isGreen(workerClass.value) ? numberOr(optionOf(words, "--worker-connections"), GUNICORN_DEFAULTS.connections) : null,
    timeout: numberOr(optionOf(words, "-t", "--timeout"), GUNICORN_DEFAULTS.timeout),
    preloads: flagOf(words, "--preload", "--preload-app") ?? { value: false, spot: null, isDefault: true },
  };
}

export const isGreen = (workerClass: string): boolean => workerClass === "gevent" || workerClass === "eventlet";

/** `uvicorn.workers.UvicornWorker` is `uvicorn`; more than one thread makes gthread of sync. */
export function workerClassOf(said: Said<string> | null, threads: Said<number> | null): Said<string> {
  if (said !== null) {
    const plain = /uvicorn|asgi/i.test(said.value) ? "uvicorn" : (/gevent|eventlet|gthread|tornado/.exec(said.value)?.[0] ?? said.value);
    if (plain !== "sync" || (threads?.value ?? 1) <= 1) return { ...said, value: plain };
  }
  if ((threads?.value ?? 1) > 1) return { value: "gthread", spot: threads?.spot ?? null };
  return said ?? { value: "sync", spot: null, isDefault: true };
}

/** Of a command line, or of an ini file. */
export function uwsgiParts(option: (...names: readonly string[]) => Said<string> | null): Parts {
  const threads = numberOr(option("threads"), 1);
  const green = option("gevent", "asyncio");
  const isOn = (said: Said<string> | null): boolean => said !== null && !/^(?:0|false|no|off)$/i.test(said.value);
  return {
    kind: "wsgi",
    workerClass: green !== null ? { ...green, value: "gevent" } : { value: (threads?.value ?? 1) > 1 ? "gthread" : "sync", spot: threads?.spot ?? null },
    processes: numberOr(option("processes", "workers", "p"), 1),
    threads,
    connections: green === null ? null : numberOf(green),
    timeout: numberOf(option("harakiri", "t")),
    // uWSGI loads the application in the master, and forks, unless lazy-apps says otherwise.
    preloads: { value: isOn(option("master", "M")) && !isOn(option("lazy-apps", "lazy")), spot: option("master", "M")?.spot ?? null },
  };
}

/** Prefork with a process for each CPU, unless something is said. */
function celeryParts(words: readonly Word[]): Parts | null {
  const [command] = words.filter(({ text }) =>
    /^(?:worker|beat|flower|events|multi|inspect|control|purge|status|report|shell|call|result|list|migrate|upgrade|graph|logtool|amqp|help)$/.test(text),
  );
  if (command?.text === "beat") return { kind: "beat", processes: ONE, threads: ONE };
  if (command?.text !== "worker" && command?.text !== "multi") return null;
  const pool = optionOf(words, "-P", "--pool");
  const most = optionOf(words, "--autoscale");
  const said = optionOf(words, "-c", "--concurrency");
  const concurrency = most === null ? numberOf(said) : numberOf({ ...most, value: most.value.split(",")[0] ?? "" });
  const workerClass: Said<string> =
    pool === null ? { value: "prefork", spot: null, isDefault: true } : { ...pool, value: pool.value.replace(/^processes$/, "prefork") };
  const isOfProcesses = workerClass.value === "prefork";
  return {
    kind: "celery",
    workerClass,
    processes: isOfProcesses ? concurrency : ONE,
    threads: workerClass.value === "threads" ? concurrency : ONE,
    connections: isGreen(workerClass.value) ? concurrency : null,
  };
}
