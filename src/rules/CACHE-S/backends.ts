/** What keeps the values: a process's own memory, or the database that the cache is to spare. */
import type { CacheSettings, DatabaseDraft, Deployment, EvidenceInput, RuleInput, Service, SettingsFacts } from "../../model/index.ts";
import { formatCount } from "../../model/numbers.ts";
import { cacheCalls } from "../caching/cache-calls.ts";
import { SOURCE_EVIDENCE } from "../caching/evidence.ts";

const OWN_MEMORY = "django.core.cache.backends.locmem.LocMemCache";
const IN_DATABASE = "django.core.cache.backends.db.DatabaseCache";
/** Not what production runs on. */
const DEVELOPMENT = /(?:^|[._])(?:dev|develop|development|local|test|tests|testing|ci|debug)(?:[._]|$)/;

export function sharedBackends(input: EvidenceInput, source: RuleInput): readonly DatabaseDraft[] {
  const seen = new Set<string>();
  return input.deployment.settings.flatMap((settings) =>
    settings.caches.flatMap((cache) => {
      const place = `${cache.backend?.spot?.span.file}:${cache.backend?.spot?.span.start}`;
      if (seen.has(place) || DEVELOPMENT.test(settings.module)) return [];
      const draft =
        cache.backend?.value === OWN_MEMORY
          ? ownMemory(input.deployment, settings, cache, source)
          : cache.backend?.value === IN_DATABASE
            ? inDatabase(settings, cache, source)
            : null;
      if (draft === null) return [];
      seen.add(place);
      return [draft];
    }),
  );
}

/** Sessions, throttles and flags that live in a cache whether or not the project's own code calls one. */
const USES = ["django.contrib.sessions.backends.cache", "django.contrib.sessions.backends.cached_db"];

function usesOf(source: RuleInput, { values }: SettingsFacts): { readonly words: string; readonly calls: number } | null {
  const calls = new Set(cacheCalls(source).map(({ span }) => `${span.file}:${span.start}`)).size;
  const engine = values.get("SESSION_ENGINE")?.value;
  const sessions = typeof engine === "string" && USES.includes(engine);
  if (calls > 0) return { words: `${formatCount(calls, "call")} of the project ${calls === 1 ? "uses" : "use"} it`, calls };
  return sessions ? { words: "sessions are kept in it", calls: 0 } : null;
}

function ownMemory({ services }: Deployment, settings: SettingsFacts, cache: CacheSettings, source: RuleInput): DatabaseDraft | null {
  const uses = usesOf(source, settings);
  const many = services
    .filter((one) => isRunBy(one, settings))
    .map((one) => ({ service: one, processes: processesOf(one) }))
    .toSorted((a, b) => b.processes - a.processes);
  const [most] = many;
  const spot = cache.backend?.spot ?? cache.spot;
  if (uses === null || most === undefined || most.processes < 2) return null;
  const others = many.slice(1).filter(({ processes }) => processes > 0);
  return {
    key: ["locmem", settings.module, cache.alias],
    chapter: "6.3",
    claim: `CACHES["${cache.alias}"] is LocMemCache, and ${most.service.name} runs ${formatCount(most.processes, "process", "processes")}: each has a cache of its own.`,
    reason: `What one process removes stays in the others, and each of them fills its own: ${uses.words}${others.length === 0 ? "" : `, and ${others.map(({ service }) => service.name).join(", ")} see none of it`}.`,
    remedy: `Use a cache that all processes share: ${sharedBackend(source)}.`,
    doubt: "values that never change, or that are allowed to differ from process to process, lose nothing but memory",
    places: [
      { ...spot, role: "definition" },
      { ...most.service.spot, role: "setting", label: `${most.processes} processes` },
    ],
    evidence: [{ ...SOURCE_EVIDENCE, note: `settings of ${settings.module}, and ${most.service.name} as its files start it` }],
    fixes: [],
  };
}

/** Since 4.0 Django brings one itself. */
function sharedBackend({ project }: RuleInput): string {
  const [major = 4] = (project.djangoVersion ?? "4").split(".").map(Number);
  return major >= 4 ? "django.core.cache.backends.redis.RedisCache, with a LOCATION" : "django_redis.cache.RedisCache, with a LOCATION";
}

/** A service that names no settings runs with those of the entry point; other modules are not its. */
function isRunBy({ settings }: Service, { module }: SettingsFacts): boolean {
  return settings === null || settings === module;
}

function processesOf({ processes, replicas }: Service): number {
  return (processes?.value ?? 1) * (replicas?.value ?? 1);
}

function inDatabase(settings: SettingsFacts, cache: CacheSettings, source: RuleInput): DatabaseDraft | null {
  const uses = usesOf(source, settings);
  if (uses === null) return null;
  const table = typeof cache.location?.value === "string" ? cache.location.value : "its table";
  return {
    key: ["database-cache", settings.module, cache.alias],
    chapter: "6.3",
    claim: `CACHES["${cache.alias}"] is DatabaseCache: each get and set of it is a statement on ${table}.`,
    reason: `It puts load on the server that a cache is to spare: ${uses.words}. Each set counts the rows of ${table} and deletes old ones; each leaves a dead row.`,
    remedy: `Use a cache outside of the database: ${sharedBackend(source)}.`,
    doubt: "a few calls a minute of what takes seconds to work out are well kept in a table",
    places: [{ ...(cache.backend?.spot ?? cache.spot), role: "definition" }],
    evidence: [{ ...SOURCE_EVIDENCE, note: `settings of ${settings.module}` }],
    fixes: [],
  };
}
