/** 6.1: which reads, what they would save, and the code. */
import type { Advice, AdviceTable, AdvisorInput, Artefact, Example, Plot } from "../../model/index.ts";
import { formatCount, formatNumber, formatPercentFinely } from "../../model/numbers.ts";
import { candidateName, candidateSource } from "../../rules/caching/candidate-words.ts";
import { costWords, savedShare, type Candidate, type CandidateSearch, type Refused } from "../../rules/caching/candidates.ts";
import { costOf } from "../../rules/caching/costs.ts";
import { cachedCode } from "./code-of.ts";
import { generationsModule } from "./generations-module.ts";
import { signalsModule } from "./signals-module.ts";
import { lifeWords, listWords, ms, placeOf, total } from "./words.ts";

/** Reads from which on a curve says more than a row of a table. */
const LEAST_PLOTTED = 100;
const MOST_PLOTS = 6;
const MOST_EXAMPLES = 3;
const MOST_REFUSED = 12;
/** Points of a hundred between what was played and what the closed form says, above which the traffic is said to be uneven. operations.md of this project. */
const UNEVEN = 0.1;

const HOW_TO_SEE = "luthier record -- COMMAND records the traffic that tells hit rates: gunicorn under its usual load, or a replay of its access log.";

export function codeAdvice(input: AdvisorInput, { refused, unjudged, examined }: CandidateSearch, candidates: readonly Candidate[]): Advice {
  const [first] = candidates;
  const [needed] = unjudged;
  const codes = candidates.slice(0, MOST_EXAMPLES).flatMap((one) => exampleOf(one, input));
  return {
    advisor: "cache",
    section: "6.1",
    claim: first === undefined ? noneWords(refused) : claimOf(candidates, first),
    reasons: candidates.length === 0 ? [] : [costSentence(input, candidates), ...unevenWords(candidates), ...handWritten(candidates, input)],
    tables: [...(candidates.length === 0 ? [] : [candidateTable(candidates, input)]), ...(refused.length === 0 ? [] : [refusedTable(refused)])],
    plots: candidates
      .filter(({ reads }) => reads >= LEAST_PLOTTED)
      .slice(0, MOST_PLOTS)
      .map(plotOf),
    artefacts: codes.length === 0 ? [] : artefactsOf(candidates, input),
    examples: codes,
    rung: input.recording !== null || candidates.some(({ from }) => from === "recording") ? "recorded" : "inferred",
    examined:
      examined === ""
        ? ""
        : `${examined} were looked at: ${candidates.length} ${candidates.length === 1 ? "is" : "are"} worth a cache, ${refused.length} ${refused.length === 1 ? "is" : "are"} not.`,
    missing: needed === undefined ? "" : `${needed.why}. ${HOW_TO_SEE}`,
    doubt:
      first === undefined
        ? ""
        : `what a cache costs (${costWords(costOf(input.thresholds))}) is assumed, and what writes ${first.tables[0] ?? ""} past this application removes nothing`,
  };
}

function noneWords(refused: readonly Refused[]): string {
  const [most] = refused;
  if (most === undefined) return "Nothing that was seen tells whether a cache would save anything.";
  return `None of ${formatCount(refused.length, "statement")} is worth a cache; the one that takes most, of ${most.tables[0] ?? "no table"}, is not: ${most.why}.`;
}

function claimOf(candidates: readonly Candidate[], first: Candidate): string {
  const share = candidates.reduce((sum, one) => sum + savedShare(one), 0);
  const what =
    candidates.length === 1
      ? `A cache of ${candidateName(first)}`
      : `Caches of ${formatCount(candidates.length, "query", "queries")}, ${candidateName(first)} first,`;
  return `${what} would save ${formatPercentFinely(share)} of the database's time: ${ms(total(candidates, ({ savedMs }) => savedMs))} of ${candidates.length === 1 ? "its" : "their"} ${ms(total(candidates, ({ databaseMs }) => databaseMs))}.`;
}

function costSentence({ thresholds }: AdvisorInput, candidates: readonly Candidate[]): string {
  const [first] = candidates;
  if (first === undefined) return "";
  return `${candidateName(first)} takes ${ms(first.meanMs)} a read and is changed ${formatCount(first.changes, "time")} in ${formatCount(first.reads, "read")}: with ${costWords(costOf(thresholds))}, a cache saves time from a hit rate of ${formatPercentFinely(first.breakEven)} on, and would have one of ${formatPercentFinely(first.hits)}.`;
}

function unevenWords(candidates: readonly Candidate[]): string[] {
  return candidates
    .filter(({ from, hits, formula }) => from === "recording" && Math.abs(hits - formula) > UNEVEN)
    .map(
      (one) =>
        `${candidateName(one)} is not read evenly: played again it has ${formatPercentFinely(one.hits)} hits, and even traffic of the same rate would have ${formatPercentFinely(one.formula)}.`,
    );
}

/** Candidates whose code has to be written by a person, and why. */
function handWritten(candidates: readonly Candidate[], { source }: AdvisorInput): string[] {
  if (source === null) return [];
  return candidates.slice(0, MOST_EXAMPLES).flatMap((one) => {
    const code = cachedCode(one, source);
    return "why" in code ? [`The code of ${candidateName(one)} is left to you: ${code.why}.`] : [];
  });
}

function candidateTable(candidates: readonly Candidate[], { source }: AdvisorInput): AdviceTable {
  return {
    title: "Worth a cache",
    head: ["query", "place", "reads", "keys", "changes", "ms a read", "life", "hits", "break-even", "stale without removal", "saved"],
    rows: candidates.map((one) => [
      candidateName(one),
      one.site === null ? one.tables.join(", ") : placeOf(one.site.origin, source),
      formatNumber(one.reads),
      formatNumber(one.keys),
      formatNumber(one.changes),
      formatNumber(Number(one.meanMs.toPrecision(3))),
      lifeWords(one.ttl),
      formatPercentFinely(one.hits),
      formatPercentFinely(one.breakEven),
      formatNumber(one.stale),
      ms(one.savedMs),
    ]),
    numeric: [2, 3, 4, 5, 7, 8, 9, 10],
    source: listWords([...new Set(candidates.map(candidateSource))]),
  };
}

function refusedTable(refused: readonly Refused[]): AdviceTable {
  return {
    title: "Not worth a cache, and why",
    head: ["tables", "sent by", "reads", "database time", "why not"],
    rows: refused
      .slice(0, MOST_REFUSED)
      .map(({ tables, symbol, reads, databaseMs, why }) => [tables.join(", "), symbol ?? "", formatNumber(reads), ms(databaseMs), why]),
    numeric: [2, 3],
    source: refused.length > MOST_REFUSED ? `the ${MOST_REFUSED} of ${refused.length} that take most of the database's time` : "what was recorded and counted",
  };
}

function plotOf(candidate: Candidate): Plot {
  const { curve, breakEven, ttl, hits, reads, stale } = candidate;
  return {
    kind: "ttl",
    question: `How long should an answer of ${candidateName(candidate)} be kept?`,
    answer: `${lifeWords(ttl)} give ${formatPercentFinely(hits)} hits of ${formatCount(reads, "read")}; by time alone, ${formatCount(stale, "hit")} would be stale.`,
    source: candidateSource(candidate),
    label: candidateName(candidate),
    seconds: curve.map(({ seconds }) => seconds),
    hits: curve.map((one) => one.hits),
    stale: curve.map((one) => one.stale),
    breakEven: Math.min(1, breakEven),
    chosen: ttl,
  };
}

function exampleOf(candidate: Candidate, { source }: AdvisorInput): Example[] {
  if (source === null) return [];
  const code = cachedCode(candidate, source);
  if ("why" in code) return [];
  const { reads, hits, meanMs, tables, ttl } = candidate;
  const { file, line, before, after } = code;
  const rows = after.includes("make=lambda: list(") && !before.includes("return list(") ? " What comes back is a list: nothing can be chained on it." : "";
  return [
    {
      title: `${candidateName(candidate)}, kept for ${lifeWords(ttl)}`,
      file,
      line,
      before,
      after,
      language: "python",
      note: `${formatPercentFinely(hits)} of ${formatCount(reads, "read")} of ${ms(meanMs)} need no database (${candidateSource(candidate)}). A change of ${listWords(tables)} gives new generations after its commit.${rows}`,
    },
  ];
}

function artefactsOf(candidates: readonly Candidate[], { source, deployment }: AdvisorInput): Artefact[] {
  const tables = [...new Set(candidates.slice(0, MOST_EXAMPLES).flatMap((one) => one.tables))];
  const django = deployment.packages.get("django")?.version ?? source?.project.djangoVersion ?? "5.2";
  const longest = Math.max(...candidates.map(({ ttl }) => ttl));
  const signals = source === null ? null : signalsModule(tables, source);
  const version = `Django ${django}, its RedisCache`;
  const check = "python tests/caching/race.py of Luthier runs it in random orders of readers and writers on Redis and PostgreSQL: none leaves a stale answer";
  const module: Artefact = {
    path: "cache/generations.py",
    language: "python",
    text: generationsModule({ cache: "default", longest }),
    purpose: `Keeps answers of ${listWords(tables)} under keys with the generations of these tables; it goes beside manage.py.`,
    check,
    version,
  };
  const receivers: Artefact[] =
    signals === null
      ? []
      : [
          {
            path: "cache/cache_signals.py",
            language: "python",
            text: signals,
            purpose: `Gives ${listWords(tables)} new generations on save() and delete(); import it in an AppConfig's ready().`,
            check,
            version,
          },
        ];
  return [module, ...receivers];
}
