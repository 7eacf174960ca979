import { formatCount, formatMilliseconds, formatPercent, formatPercentFinely } from "../../model/numbers.ts";
import type { DatabaseDraft, Evidence, EvidenceInput, Judgement, ObjectSpot, Rule, Spot } from "../../model/index.ts";
import { candidateName, candidateSource } from "../caching/candidate-words.ts";
import { sentFrom } from "../database/statement-places.ts";
import { costWords, findCandidates, savedShare, type Candidate } from "../caching/candidates.ts";
import { ASSUMED_COST, costOf } from "../caching/costs.ts";

export const rule: Rule = {
  meta: {
    id: "cache-candidate",
    chapter: "2.3",
    summary: "Read far more often than it changes, and dear enough that a cache would save more than it costs",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["recording"],
  },
  audit: (input) => audit(input),
};

/** Ours: each cache is something to keep right for ever. */
const MOST = 10;

function audit(input: EvidenceInput): Judgement {
  const { candidates, unjudged, examined } = findCandidates(input);
  return { drafts: candidates.slice(0, input.thresholds["cache-candidate.count"] ?? MOST).map((one) => toDraft(one, input)), unjudged, examined };
}

function toDraft(candidate: Candidate, input: EvidenceInput): DatabaseDraft {
  const { reads, changes, hits, ttl, meanMs, site, keys, tables } = candidate;
  const cost = costOf(input.thresholds);
  return {
    key: [site?.symbol ?? "", candidate.sql],
    claim: `A cache of ${ttl} s would answer ${formatPercent(hits)} of ${formatCount(reads, "read")} of ${candidateName(candidate)}, which ${formatCount(changes, "change")} of its tables make stale.`,
    reason: `It takes ${formatMilliseconds(meanMs)} ms a read and has ${formatCount(keys, "key")}. From a hit rate of ${formatPercent(candidate.breakEven)} on a cache saves time (${costWords(cost)}); ${formatMilliseconds(candidate.savedMs)} ms of ${formatMilliseconds(candidate.databaseMs)} ms would be saved.`,
    remedy: `Cache ${candidateName(candidate)} for ${ttl} s. Its key takes a generation that every write of ${tables.join(", ")} changes after its commit: the handbook's chapter 6 has ${site === null ? "" : "the code and "}the write sites.`,
    doubt: `what a cache costs is ${isAssumed(input) ? "assumed, not measured on this machine" : "as the thresholds say"}; writes that go past the application remove nothing`,
    ...(site === null ? {} : { model: site.model }),
    places: placesOf(candidate),
    evidence: [evidenceOf(candidate)],
    impact: {
      milliseconds: { before: Number(meanMs.toPrecision(4)), after: Number((cost.get + (1 - hits) * (meanMs + cost.set)).toPrecision(4)), per: "call" },
    },
    fixes: [],
  };
}

function isAssumed({ thresholds }: EvidenceInput): boolean {
  const { get, set, remove } = costOf(thresholds);
  return get === ASSUMED_COST.get && set === ASSUMED_COST.set && remove === ASSUMED_COST.remove;
}

function placesOf({ site, production, tables }: Candidate): (Spot | ObjectSpot)[] {
  const own: Spot[] = site !== null ? [{ role: "queryset", span: site.origin }] : production === null ? [] : sentFrom(production);
  const isElsewhere = site !== null && (site.sent.file !== site.origin.file || site.sent.start < site.origin.start || site.sent.end > site.origin.end);
  const sent: Spot[] = isElsewhere ? [{ role: "call", span: site.sent, label: "sent here" }] : [];
  const statement: ObjectSpot[] = production === null ? [] : [{ role: "statement", object: production.id }];
  const all = [...own, ...sent, ...statement];
  return all.length > 0 ? all : tables.slice(0, 1).map((object) => ({ role: "table", object }));
}

function evidenceOf(candidate: Candidate): Evidence {
  const { reads, changes, keys, hits, breakEven, ttl, savedMs, again, stale } = candidate;
  const rate = (share: number): number => Number(share.toPrecision(3));
  return {
    kind: "recorded",
    note: `${candidateSource(candidate)}: ${formatCount(reads, "read")}, ${formatCount(changes, "change")}, ${formatPercentFinely(savedShare(candidate))} of all statements' time saved`,
    reads,
    changes,
    keys,
    again,
    seconds: ttl,
    hits: rate(hits),
    breakEven: rate(breakEven),
    stale,
    savedMs: rate(savedMs),
  };
}
