/** What each way of keeping answers would have done with this project's own reads and changes. */
import type { RuleInput } from "../../model/index.ts";
import type { Stack } from "../../model/recording.ts";
import type { Candidate } from "../../rules/caching/candidates.ts";
import { hitRate, staleShare } from "../../rules/caching/formulas.ts";
import { notices, type Strategy } from "../../rules/caching/libraries.ts";
import { lineOf } from "../../rules/caching/recorded-site.ts";
import { simulate } from "../../rules/caching/simulate.ts";
import { writeSites, type WriteKind } from "../../rules/caching/write-sites.ts";

export interface Outcome {
  readonly reads: number;
  readonly hits: number;
  readonly stale: number;
  readonly savedMs: number;
}

/** Null where the figures say nothing of that way: which change a signal tells of is in no counter. */
export function outcomeOf(candidate: Candidate, strategy: Strategy, source: RuleInput | null): Outcome | null {
  const { played, ttl } = candidate;
  if (played === null) return counted(candidate, strategy);
  const changes = played.changes.map(({ at }) => at);
  const kinds = strategy === "timeout" || notices(strategy, "update") ? null : kindsByLine(source);
  const removals =
    strategy === "timeout" ? [] : kinds === null ? changes : played.changes.flatMap(({ at, stack }) => (isNoticed(strategy, kinds, stack) ? [at] : []));
  const { reads, hits, stale, savedMs } = simulate(played.reads, changes, { seconds: strategy === "cachalot" ? Infinity : ttl, removals });
  return { reads, hits, stale, savedMs };
}

function counted({ reads, changes, seconds, ttl, hits, savedMs, databaseMs }: Candidate, strategy: Strategy): Outcome | null {
  if (strategy === "timeout") {
    const share = hitRate(reads / seconds, ttl);
    return { reads, hits: Math.round(reads * share), stale: Math.round(reads * share * staleShare(changes / seconds, ttl)), savedMs: databaseMs * share };
  }
  return notices(strategy, "update") ? { reads, hits: Math.round(reads * hits), stale: 0, savedMs } : null;
}

const bySource = new WeakMap<RuleInput["facts"], ReadonlyMap<string, WriteKind>>();

function kindsByLine(source: RuleInput | null): ReadonlyMap<string, WriteKind> {
  if (source === null) return new Map();
  const known = bySource.get(source.facts);
  if (known !== undefined) return known;
  const found = new Map(
    writeSites(source)
      .filter(({ kind }) => kind !== "cascade" && kind !== "admin")
      .map(({ span, kind }) => [`${span.file}:${lineOf(source.text(span.file), span.start)}`, kind] as const),
  );
  bySource.set(source.facts, found);
  return found;
}

/** Of a line that no write site stands on, such as a package's, nothing is noticed. */
function isNoticed(strategy: Strategy, kinds: ReadonlyMap<string, WriteKind>, stack: Stack): boolean {
  const kind = stack.flatMap((frame) => kinds.get(`${frame.file}:${frame.line}`) ?? [])[0];
  return kind !== undefined && notices(strategy, kind);
}
