/** 6.2: every place that writes the tables behind the candidates, and what would notice it. */
import type { Advice, AdvisorInput, Example, RuleInput } from "../../model/index.ts";
import { formatCount } from "../../model/numbers.ts";
import { candidateName } from "../../rules/caching/candidate-words.ts";
import type { Candidate } from "../../rules/caching/candidates.ts";
import { notices, type Strategy } from "../../rules/caching/libraries.ts";
import { labelsByTable } from "../../rules/caching/tables.ts";
import { writesOf, type WriteSite } from "../../rules/caching/write-sites.ts";
import { changedCode } from "./code-of.ts";
import { listWords, placeOf } from "./words.ts";

const MOST_ROWS = 60;
const WAYS: readonly (readonly [string, Strategy])[] = [
  ["post_save, post_delete", "signals"],
  ["cacheops", "cacheops"],
  ["cachalot", "cachalot"],
  ["changed() beside it", "on-commit"],
  ["trigger", "triggers"],
];
const SILENT: ReadonlySet<WriteSite["kind"]> = new Set(["update", "bulk_create", "sql"]);

export function writeAdvice({ source }: AdvisorInput, candidates: readonly Candidate[]): Advice | null {
  const [first] = candidates;
  if (source === null || first === undefined) return null;
  const tables = [...new Set(candidates.flatMap((one) => one.tables))];
  const labels = labelsByTable(source.graph);
  const unknown = tables.filter((table) => !labels.has(table));
  const sites = writesOf(
    source,
    tables.flatMap((table) => labels.get(table) ?? []),
  );
  const silent = sites.filter(({ kind }) => !notices("signals", kind));
  const linked = silent.filter(({ kind }) => kind === "many-to-many").length;
  const names = listWords(tables.slice(0, 4));
  return {
    advisor: "cache",
    section: "6.2",
    claim: `${formatCount(sites.length, "place")} of the source write${sites.length === 1 ? "s" : ""} ${names}; ${silent.length === 0 ? "all of them send signals" : `${silent.length} of them ${silent.length === 1 ? "sends" : "send"} neither post_save nor post_delete`}.`,
    reasons: [
      ...(silent.length === 0
        ? []
        : [
            `A cache of ${candidateName(first)} that post_save and post_delete remove would stay wrong after ${formatCount(silent.length, "of these places", "of these places")}: ${listWords(silent.slice(0, 5).map(({ span }) => placeOf(span, source)))}.${linked === 0 ? "" : ` m2m_changed tells of ${linked === silent.length ? "them" : linked}.`}`,
          ]),
      ...(unknown.length === 0 ? [] : [`No model has ${listWords(unknown)}: who writes there is not in this source.`]),
    ],
    tables: [
      {
        title: `What notices which write of ${names}`,
        head: ["place", "writes", "how", ...WAYS.map(([name]) => name)],
        rows: sites
          .slice(0, MOST_ROWS)
          .map((site) => [placeOf(site.span, source), site.model ?? "", howWords(site), ...WAYS.map(([, way]) => (notices(way, site.kind) ? "yes" : "no"))]),
        numeric: [],
        source: `the source; cacheops 7.2 and cachalot 2.8.0 as their own source has it${sites.length > MOST_ROWS ? `; ${sites.length - MOST_ROWS} more places` : ""}`,
      },
    ],
    plots: [],
    artefacts: [],
    examples: exampleOf(sites, tables, source, first),
    rung: "inferred",
    examined: `${formatCount(sites.length, "write site")} of ${formatCount(tables.length, "table")}.`,
    missing: "",
    doubt: `a write of a row of ${first.tables[0] ?? ""} whose model the analysis could not tell is not in the list; nor are other programs that write there`,
  };
}

function howWords({ kind, how }: WriteSite): string {
  if (kind === "admin") return "admin site";
  if (kind === "cascade") return how;
  return kind === "sql" ? `SQL ${how}` : `${how}()`;
}

/** The first that sends no signal, where one can be shown; else any. */
function exampleOf(sites: readonly WriteSite[], tables: readonly string[], source: RuleInput, candidate: Candidate): Example[] {
  const labels = labelsByTable(source.graph);
  for (const site of [...sites].toSorted((a, b) => Number(SILENT.has(b.kind)) - Number(SILENT.has(a.kind)))) {
    if (site.kind === "admin" || site.kind === "cascade") continue;
    const written = tables.filter((table) => labels.get(table) === site.model);
    const code = changedCode(site.span, written, source);
    if (code === null || written.length === 0) continue;
    return [
      {
        title: `A new generation of ${listWords(written)} beside ${howWords(site)}`,
        ...code,
        language: "python",
        note: `changed() runs after the commit of ${site.symbol.split(".").at(-1) ?? ""}(), and not at all after a rollback; answers of ${candidateName(candidate)} are then asked for anew.`,
      },
    ];
  }
  return [];
}
