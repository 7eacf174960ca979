import type { Span, Spot } from "./span.ts";

/**
 * How the application runs, as its files say: settings, arguments of servers and workers, Procfiles, compose, Kubernetes and systemd files.
 * Read as text, never executed (`--evaluate-settings` asks the user's own Python for settings instead). What no file says is null: never a default
 * of ours. Defaults of the programs themselves are written where they hold, with `isDefault`.
 */
export interface Deployment {
  readonly services: readonly Service[];
  /** Each settings module that an entry point names, most trusted first. */
  readonly settings: readonly SettingsFacts[];
  /** Files of poolers and proxies that lie in the repository. */
  readonly poolers: readonly PoolerConfiguration[];
  readonly proxies: readonly ProxyTimeout[];
  /** Versions of packages that decide what is possible, by their normalised name: `psycopg`, `psycopg2`, `psycopg-pool`, `django`, `gunicorn`, `celery`, `django-redis`. */
  readonly packages: ReadonlyMap<string, PackageFact>;
  /** `max_connections` where a file of the deployment sets it; null where none does. */
  readonly maxConnections?: Said<number> | null;
  /** One sentence for each file that could not be read. */
  readonly notices: readonly string[];
}

export interface PackageFact {
  /** `3.2.1`; null when no file pins it. */
  readonly version: string | null;
  readonly spot: Spot | null;
}

/** A value with the place that says it. */
export interface Said<Value> {
  readonly value: Value;
  /** Null for a program's own default, and for what the user's Python evaluated. */
  readonly spot: Spot | null;
  readonly isDefault?: boolean;
  /** The expression that decides, where the value is only what that falls back to: `env.int("CONN_MAX_AGE", default=60)`. */
  readonly dependsOn?: string;
  /** The value itself within `spot`, for an edit. */
  readonly written?: Span;
}

export type ServiceKind = "wsgi" | "asgi" | "celery" | "beat" | "command";

/** One kind of process that the project runs. */
export interface Service {
  /** As its file calls it: `web`, `worker`, `gunicorn.conf.py`. */
  readonly name: string;
  readonly kind: ServiceKind;
  /** `gunicorn`, `uvicorn`, `daphne`, `hypercorn`, `granian`, `uwsgi`, `runserver`, `celery`, … */
  readonly server: string;
  /** `sync`, `gthread`, `gevent`, `eventlet`, `uvicorn`; `prefork`, `threads`, `solo` of Celery. Null where it is not known. */
  readonly workerClass: Said<string> | null;
  readonly processes: Said<number> | null;
  /** Threads of one process. */
  readonly threads: Said<number> | null;
  /** gevent's and eventlet's greenlets of one process (`worker_connections`, `-c`). */
  readonly connections: Said<number> | null;
  /** Hosts, pods, dynos. */
  readonly replicas: Said<number> | null;
  /** Share of replicas that a rolling update adds, 0 to 1. */
  readonly surge: Said<number> | null;
  /** After which a request is killed, in seconds. */
  readonly timeout: Said<number> | null;
  readonly preloads: Said<boolean> | null;
  /** Hooks that its configuration defines: `post_fork`, `child_exit`. */
  readonly hooks: readonly string[];
  /** DJANGO_SETTINGS_MODULE that it is started with; null when it takes what the entry point names. */
  readonly settings: string | null;
  /** The line that starts it. */
  readonly spot: Spot;
  /** The file that lists it, among others perhaps: services of one group run beside each other. */
  readonly group?: string;
}

/** What one settings module says about databases and caches. */
export interface SettingsFacts {
  /** `bookshop.settings.production`. */
  readonly module: string;
  readonly databases: readonly DatabaseSettings[];
  readonly caches: readonly CacheSettings[];
  /** Other settings by name that a rule asked for: TIME_ZONE, USE_TZ, SESSION_ENGINE, CELERY_*, DATABASE_ROUTERS, MIDDLEWARE, INSTALLED_APPS, ASGI_APPLICATION, … */
  readonly values: ReadonlyMap<string, Said<SettingValue>>;
  /** `source`, or `evaluated` by the user's Python. */
  readonly by: "source" | "evaluated";
  /** An entry point, or a file of the deployment, names it; else it lies beside one that is named. */
  readonly isNamed?: boolean;
}

/** A key that may be there without having been read. */
export interface OpenKey {
  /** `CONN_MAX_AGE`, `OPTIONS.connect_timeout`; `*` for any key, `OPTIONS.*` for any of OPTIONS. */
  readonly key: string;
  /** `code` that is not read, or the query of a `url` that the environment gives. */
  readonly by: "code" | "url";
}

/** A constant of Python. What is computed by code that is not read is `{ unknown: why }`. */
export type SettingValue = string | number | boolean | null | readonly SettingValue[] | { readonly [key: string]: SettingValue } | { readonly unknown: string };

/** One entry of DATABASES. */
export interface DatabaseSettings {
  readonly alias: string;
  readonly engine: Said<string> | null;
  readonly host: Said<string> | null;
  readonly port: Said<string> | null;
  readonly name: Said<string> | null;
  readonly user: Said<string> | null;
  /** Seconds; null in the value is "for ever". */
  readonly connMaxAge: Said<number | null> | null;
  readonly healthChecks: Said<boolean> | null;
  readonly atomicRequests: Said<boolean> | null;
  readonly disableServerSideCursors: Said<boolean> | null;
  /** OPTIONS by key: `pool`, `options`, `connect_timeout`, `keepalives_idle`, `server_side_binding`, `prepare_threshold`, `application_name`, … */
  readonly options: ReadonlyMap<string, Said<SettingValue>>;
  /** `-c name=value` of OPTIONS["options"], with values as written. */
  readonly serverSettings: ReadonlyMap<string, Said<string>>;
  readonly mirrorOf: string | null;
  /** The entry itself, for what is missing from it. */
  readonly spot: Spot;
  /** Its OPTIONS, where it has any. */
  readonly optionsSpot: Spot | null;
  /** What of the entry is made by code that was not read: a rule about a missing key says nothing then. */
  readonly unread: readonly string[];
  /** The same by key, for a rule about one key. */
  readonly open?: readonly OpenKey[];
}

export interface CacheSettings {
  readonly alias: string;
  readonly backend: Said<string> | null;
  readonly location: Said<SettingValue> | null;
  /** Seconds; null in the value is "for ever". Absent: Django's 300. */
  readonly timeout: Said<number | null> | null;
  readonly keyPrefix: Said<string> | null;
  readonly options: ReadonlyMap<string, Said<SettingValue>>;
  readonly spot: Spot;
  readonly unread: readonly string[];
  readonly open?: readonly OpenKey[];
}

/** `pgbouncer.ini` and its like, as they stand in the repository. */
export interface PoolerConfiguration {
  readonly file: string;
  readonly kind: "pgbouncer";
  readonly values: ReadonlyMap<string, Said<string>>;
  readonly databases: readonly { readonly name: string; readonly words: ReadonlyMap<string, string>; readonly spot: Spot }[];
}

/** How long a proxy or balancer in front waits. */
export interface ProxyTimeout {
  readonly program: "nginx" | "haproxy" | "caddy" | "traefik";
  readonly name: string;
  readonly seconds: Said<number>;
}

/** What the project's own Python said of its settings, or why it said nothing. */
export type EvaluatedSettings =
  | { readonly kind: "evaluated"; readonly module: string; readonly values: { readonly [name: string]: SettingValue } }
  | { readonly kind: "failed"; readonly why: string };

/** Runs the project's Python; it is handed in by a command whose user asked for it. */
export type SettingsEvaluator = (asked: { readonly module: string | null; readonly folder: string; readonly pythonHome: string | null }) => EvaluatedSettings;
