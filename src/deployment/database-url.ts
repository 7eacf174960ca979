/** Calls that make an entry of DATABASES or CACHES of a URL in the environment: dj-database-url, django-environ, django-configurations. */
import type { Call, Expr } from "../model/ir.ts";
import type { Span } from "../model/span.ts";
import { dictOf, type ConstantDict, type ConstantValue } from "../python/constant.ts";
import { dottedName } from "../python/program-scope.ts";

type Evaluate = (part: Expr) => ConstantValue | undefined;
type Part = Parameters<typeof dictOf>[0][number];

const DATABASE_CALL = /(?:^|\.)(?:db|db_url|dj_db_url|database_url|DatabaseURLValue)$|^dj_database_url\.(?:config|parse)$|^(?:database_url|db_url)$/;
const CACHE_CALL = /(?:^|\.)(?:cache|cache_url|dj_cache_url|CacheURLValue)$|^django_cache_url\.(?:config|parse)$/;
/** `env.db()`, but not `self.db()`. */
const READER = /^(?:\w*env\w*|values|dj_database_url|django_cache_url|config|database_url|db_url)(?:\.|$)/i;

/** Undefined for any other call. */
export function evaluateUrlCall(call: Call, evaluate: Evaluate, file: string): ConstantDict | undefined {
  const callee = dottedName(call.callee) ?? "";
  if (!READER.test(callee)) return undefined;
  const at = { file, start: call.start, end: call.end };
  if (DATABASE_CALL.test(callee)) return dictOf([...urlParts(call, callee, evaluate, at), ...keywordParts(call, evaluate, at)], at);
  if (CACHE_CALL.test(callee)) return dictOf([unread(at)], at);
  return undefined;
}

/** Text of a call that is read here: what it leaves open is the URL's. */
export function isUrlCall(text: string): boolean {
  const callee = /^[\w.]+(?=\()/.exec(text)?.[0] ?? "";
  return READER.test(callee) && (DATABASE_CALL.test(callee) || CACHE_CALL.test(callee));
}

const unread = (at: Span): Part => ({ kind: "spread", content: undefined, at });

/** dj-database-url's and django-environ's keywords that become keys, whatever the URL says. */
const KEYWORDS: Readonly<Record<string, string>> = {
  conn_max_age: "CONN_MAX_AGE",
  conn_health_checks: "CONN_HEALTH_CHECKS",
  disable_server_side_cursors: "DISABLE_SERVER_SIDE_CURSORS",
  engine: "ENGINE",
};

function keywordParts({ keywords }: Call, evaluate: Evaluate, { file }: Span): Part[] {
  return keywords.flatMap(({ name, value }): Part[] => {
    const key = KEYWORDS[name];
    return key === undefined ? [] : [{ kind: "key", name: key, content: evaluate(value), at: { file, start: value.start, end: value.end }, value }];
  });
}

/** What the default URL says holds only where the environment says nothing. */
function urlParts(call: Call, callee: string, evaluate: Evaluate, at: Span): Part[] {
  const given =
    call.keywords.find(({ name }) => name === "default")?.value ??
    (callee.endsWith("parse") ? call.args[0] : callee.startsWith("dj_") ? undefined : call.args[1]);
  const url = given === undefined ? undefined : evaluate(given);
  const words = typeof url === "string" ? readUrl(url) : {};
  return [unread(at), ...["ENGINE", "NAME", "USER", "HOST", "PORT"].map((name): Part => ({ kind: "key", name, content: words[name], at, value: call }))];
}

const ENGINES: readonly (readonly [RegExp, string])[] = [
  [/^(?:postgres|postgresql|psql|pgsql|timescale\w*)$/, "django.db.backends.postgresql"],
  [/^postgis$/, "django.contrib.gis.db.backends.postgis"],
  [/^mysql/, "django.db.backends.mysql"],
  [/^sqlite/, "django.db.backends.sqlite3"],
];

function readUrl(url: string): Readonly<Record<string, string>> {
  const [, scheme = "", user = "", host = "", port = "", name = ""] =
    /^([\w+-]+):\/\/(?:([^:@/]*)(?::[^@/]*)?@)?([^:/?]*)(?::(\d+))?\/?([^?]*)/.exec(url) ?? [];
  const engine = ENGINES.find(([pattern]) => pattern.test(scheme))?.[1];
  return engine === undefined ? {} : { ENGINE: engine, NAME: name, USER: user, HOST: host, PORT: port };
}
