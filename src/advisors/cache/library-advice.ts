/** 6.3: the ways to keep answers, by what each would have done here. */
import type { Advice, AdvisorInput, Example } from "../../model/index.ts";
import { formatCount, formatNumber, formatPercentFinely } from "../../model/numbers.ts";
import { candidateName } from "../../rules/caching/candidate-words.ts";
import type { Candidate } from "../../rules/caching/candidates.ts";
import { notices, type Strategy } from "../../rules/caching/libraries.ts";
import { labelsByTable } from "../../rules/caching/tables.ts";
import { writesOf } from "../../rules/caching/write-sites.ts";
import { NO_PARTS } from "../no-parts.ts";
import { outcomeOf, type Outcome } from "./ways.ts";
import { listWords, ms, total } from "./words.ts";

interface Way {
  readonly name: string;
  readonly strategy: Strategy;
  readonly note: (facts: Facts) => string;
}

interface Facts {
  readonly candidates: readonly Candidate[];
  readonly changesPerMinute: number;
  readonly views: number;
  readonly django: string | null;
}

/** From its own documentation: above it, cachalot slows a project down. */
const CACHALOT_CHANGES_PER_MINUTE = 50;
/** The newest Django in the test matrix of cachalot 2.8.0. */
const CACHALOT_DJANGO = 5.2;

const WAYS: readonly Way[] = [
  {
    name: "core cache or django-redis, generations (the code of 6.1)",
    strategy: "on-commit",
    note: ({ candidates }) => `${formatCount(candidates.length, "query", "queries")} to change; each write site calls changed()`,
  },
  {
    name: "core cache or django-redis, timeout alone",
    strategy: "timeout",
    note: ({ candidates }) => `stale for up to ${Math.max(...candidates.map(({ ttl }) => ttl))} s`,
  },
  {
    name: "core cache or django-redis, delete() in signals",
    strategy: "signals",
    note: () => "a reader between the query and set() leaves the old answer: 25 of 200 random orders in tests/caching",
  },
  {
    name: "cacheops 7.2",
    strategy: "cacheops",
    note: ({ candidates }) =>
      `by table here; queries with = conditions are removed less often, ${candidates.filter(({ keys }) => keys > 1).length} of these have any`,
  },
  { name: "cachalot 2.8.0", strategy: "cachalot", note: cachalotNote },
  {
    name: "cache_page() around the views",
    strategy: "timeout",
    note: ({ views }) =>
      views === 0 ? "no request sends these queries" : `${formatCount(views, "view")} would be kept whole, one copy for each URL and cookie`,
  },
];

function cachalotNote({ changesPerMinute, django }: Facts): string {
  const rate = `${formatNumber(Number(changesPerMinute.toPrecision(2)))} changes a minute of these tables${changesPerMinute > CACHALOT_CHANGES_PER_MINUTE ? `, more than its ${CACHALOT_CHANGES_PER_MINUTE}` : ""}`;
  const version = django !== null && Number.parseFloat(django) > CACHALOT_DJANGO ? `; tested up to Django ${CACHALOT_DJANGO}, this is ${django}` : "";
  return `${rate}; in autocommit it removes before the write: 105 of 200 random orders in tests/caching kept old rows for ever${version}`;
}

interface Looked {
  readonly statements: number;
  readonly examined: string;
  /** What is needed to look at all. */
  readonly lack: string;
}

export function libraryAdvice(input: AdvisorInput, candidates: readonly Candidate[], looked: Looked): Advice | null {
  const { source, deployment } = input;
  const [first] = candidates;
  if (first === undefined) return looked.statements > 0 ? nothingToKeep(input, looked) : looked.lack === "" ? null : nothingKnown(looked);
  const tables = [...new Set(candidates.flatMap((one) => one.tables))];
  const labels = source === null ? new Map<string, string>() : labelsByTable(source.graph);
  const sites =
    source === null
      ? []
      : writesOf(
          source,
          tables.flatMap((table) => labels.get(table) ?? []),
        );
  const minutes = Math.max(...candidates.map(({ seconds }) => seconds)) / 60;
  const facts: Facts = {
    candidates,
    changesPerMinute: minutes === 0 ? 0 : total(candidates, ({ changes }) => changes) / minutes,
    views: new Set(candidates.flatMap(({ scopes }) => scopes.filter((label) => label.startsWith("GET ")))).size,
    django: deployment.packages.get("django")?.version ?? source?.project.djangoVersion ?? null,
  };
  const results = WAYS.map((way) => ({
    way,
    outcome: together(candidates.map((one) => outcomeOf(one, way.strategy, source))),
    missed: sites.filter(({ kind }) => !notices(way.strategy, kind)).length,
  }));
  const [own, timeout] = results;
  return {
    advisor: "cache",
    section: "6.3",
    claim: `With generations, ${candidateName(first)}${candidates.length > 1 ? ` and ${candidates.length - 1} more` : ""} would have ${formatPercentFinely(shareOf(own?.outcome ?? null))} hits and none stale; by timeout alone ${formatCount(timeout?.outcome?.stale ?? 0, "hit")} would be stale.`,
    reasons: [
      `${formatCount(sites.length, "place")} of the source write ${listWords(tables.slice(0, 4))}: signals miss ${sites.filter(({ kind }) => !notices("signals", kind)).length} of them, cacheops ${sites.filter(({ kind }) => !notices("cacheops", kind)).length}.`,
    ],
    tables: [
      {
        title: `Ways to keep answers of ${listWords(tables.slice(0, 4))}`,
        head: ["way", "hits", "saved", "stale hits", "write sites missed", "here"],
        rows: results.map(({ way, outcome, missed }) => [
          way.name,
          ...outcomeCells(outcome),
          way.strategy === "timeout" ? "all" : source === null ? "not known" : `${missed} of ${sites.length}`,
          way.note(facts),
        ]),
        numeric: [1, 2, 3],
        source: candidates.some(({ played }) => played !== null)
          ? "the recording, played again with each way's removals"
          : "rates of pg_stat_statements, taken for even",
      },
    ],
    plots: [],
    artefacts: [],
    examples: settingsExample(input, first),
    rung: candidates.some(({ from }) => from === "recording") ? "recorded" : "inferred",
    examined: `${WAYS.length} ways, with ${formatCount(
      total(candidates, ({ reads }) => reads),
      "read",
    )} and ${formatCount(
      total(candidates, ({ changes }) => changes),
      "change",
    )} of ${formatCount(candidates.length, "query", "queries")}.`,
    missing: candidates.every(({ played }) => played === null) ? "which changes signals tell of: luthier record -- COMMAND records who writes" : "",
    doubt: `cacheops removes by condition where it can: for ${candidateName(first)} its hit rate lies between that of this table and that of timeouts alone`,
  };
}

const LIBRARIES = ["django-cacheops", "django-cachalot", "django-redis"] as const;

/** Without a candidate there is nothing to compare; a library that is there already is named. */
function nothingToKeep({ deployment: { packages } }: AdvisorInput, { statements, examined }: Looked): Advice {
  const there = LIBRARIES.filter((name) => packages.has(name));
  return {
    advisor: "cache",
    section: "6.3",
    claim: `None of ${formatCount(statements, "statement")} is worth a cache, so that no library for it is either${there.length === 0 ? "" : `; ${listWords(there)} is installed`}.`,
    ...NO_PARTS,
    rung: "inferred",
    examined,
    missing: "",
    doubt: "",
  };
}

function nothingKnown({ examined, lack }: Looked): Advice {
  return {
    advisor: "cache",
    section: "6.3",
    claim: `None of ${WAYS.length} ways to keep answers is weighed: nothing that was seen tells which answers are worth it.`,
    ...NO_PARTS,
    rung: "inferred",
    examined,
    missing: `${lack}: luthier record -- COMMAND`,
    doubt: "",
  };
}

function together(outcomes: readonly (Outcome | null)[]): Outcome | null {
  const known = outcomes.filter((one) => one !== null);
  if (known.length < outcomes.length) return null;
  return known.reduce(
    (sum, one) => ({ reads: sum.reads + one.reads, hits: sum.hits + one.hits, stale: sum.stale + one.stale, savedMs: sum.savedMs + one.savedMs }),
    { reads: 0, hits: 0, stale: 0, savedMs: 0 },
  );
}

const shareOf = (outcome: Outcome | null): number => (outcome === null || outcome.reads === 0 ? 0 : outcome.hits / outcome.reads);

function outcomeCells(outcome: Outcome | null): string[] {
  return outcome === null ? ["not known", "not known", "not known"] : [formatPercentFinely(shareOf(outcome)), ms(outcome.savedMs), formatNumber(outcome.stale)];
}

const OWN_MEMORY = "django.core.cache.backends.locmem.LocMemCache";

/** Where the cache is a process's own, generations are too: the setting comes first. */
function settingsExample({ deployment, source }: AdvisorInput, candidate: Candidate): Example[] {
  for (const settings of deployment.settings) {
    const cache = settings.caches.find(({ alias, backend }) => alias === "default" && backend?.value === OWN_MEMORY);
    const span = cache?.spot.span;
    if (cache === undefined || span === undefined || source === null) continue;
    const text = source.text(span.file);
    const line = text.slice(0, span.start).split("\n").length;
    return [
      {
        title: `CACHES["default"] of ${settings.module}`,
        file: span.file,
        line,
        before: text.slice(span.start, span.end),
        after: `{\n    "BACKEND": "django.core.cache.backends.redis.RedisCache",\n    "LOCATION": "redis://127.0.0.1:6379/1",\n    "KEY_PREFIX": "${settings.module.split(".")[0] ?? "app"}",\n    "OPTIONS": {"socket_connect_timeout": 0.2, "socket_timeout": 0.2},\n}`,
        language: "python",
        note: `LocMemCache is each process's own: a generation that one process changes, the others would not see, and ${candidateName(candidate)} would stay as it was there.`,
      },
    ];
  }
  return [];
}
