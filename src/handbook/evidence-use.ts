/** What the handbook rests on, and what each missing source would add. */
import type { EvidenceUse } from "../model/handbook.ts";
import { formatBytes, formatCount, formatNumber, formatPercent } from "../model/numbers.ts";
import { spanWords } from "../workload/time-base.ts";
import { otherEngineWords } from "../rules/deployment/entries.ts";
import type { HandbookInput } from "./input.ts";

export function evidenceUses(input: HandbookInput): readonly EvidenceUse[] {
  return [source(input), recording(input), snapshot(input), statements(input), plans(input), replicas(input), settings(input), pooler(input)];
}

type Use = Omit<EvidenceUse, "isThere" | "age" | "command"> & { readonly age?: string };

const there = ({ kind, what, age = "" }: Use): EvidenceUse => ({ kind, isThere: true, what, age, command: "" });
const missing = (kind: EvidenceUse["kind"], what: string, command: string): EvidenceUse => ({ kind, isThere: false, what, age: "", command });

const day = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

function source({ evidence, recordings, report: { coverage } }: HandbookInput): EvidenceUse {
  if (evidence.source === null)
    return missing(
      "source",
      recordings.length > 0 ? "what the code around the recorded lines does, and edits that mend it" : "findings name tables and statements, not lines",
      "luthier tune PATH",
    );
  const { filesParsed, filesFailed, queryOrigins, resolvedOrigins } = coverage;
  return there({
    kind: "source",
    what: `${formatNumber(filesParsed)} of ${formatCount(filesParsed + filesFailed, "file")}, ${formatNumber(resolvedOrigins)} of ${formatCount(queryOrigins, "queryset")} resolved`,
  });
}

function recording({ recordings, report }: HandbookInput): EvidenceUse {
  const last = recordings.at(-1);
  const rows = report.findings.filter(({ chapter }) => chapter === "2.4").length;
  if (last === undefined)
    return missing(
      "recording",
      rows === 0
        ? "how often each page runs, and what it asks of the database"
        : `how often ${formatCount(rows, "finding")} of 2.4 happen${rows === 1 ? "s, and what it costs" : ", and what they cost"}`,
      "luthier record -- COMMAND",
    );
  const count = (kind: string): number => last.scopes.filter((one) => one.kind === kind).reduce((sum, one) => sum + one.scopes, 0);
  const kinds = [
    ["request", "request"],
    ["task", "task"],
    ["command", "command"],
    ["test", "test"],
  ].flatMap(([kind = "", word = ""]) => (count(kind) > 0 ? [formatCount(count(kind), word)] : []));
  const length = last.started > 0 && last.ended > last.started ? ` in ${spanWords((last.ended - last.started) / 86_400_000)}` : "";
  const size = recordings.length > 1 ? `; ${formatNumber(recordings.length)} recordings` : "";
  return there({
    kind: "recording",
    what: `${kinds.join(", ") || formatCount(last.statements, "statement")}${length}${size}`,
    age: last.started > 0 ? day(new Date(last.started).toISOString()) : "",
  });
}

function snapshot({ evidence: { database }, rules }: HandbookInput): EvidenceUse {
  const needing = rules.filter(({ needs = [] }) => needs.includes("database")).length;
  if (database === null) return missing("snapshot", `${formatCount(needing, "rule")} about tables, indexes, settings and statements`, "luthier tune --db URL");
  const { catalog, server, snapshot: taken } = database;
  const size = catalog.database.bytes === null ? "" : `, ${formatBytes(catalog.database.bytes)}`;
  const age = server.counters.since === null ? "how old the counters are is not known" : `counters since ${server.counters.since.slice(0, 10)}`;
  return there({
    kind: "snapshot",
    what: `${catalog.database.name} on PostgreSQL ${server.version}${size}, ${formatCount(database.tables.length, "table")}, ${formatCount(catalog.indexes.length, "index", "indexes")}; ${age}`,
    age: `taken ${day(taken.takenAt)}`,
  });
}

function statements({ evidence: { database } }: HandbookInput): EvidenceUse {
  const workload = database?.workload;
  if (workload === undefined || workload.statements.length === 0)
    return missing(
      "statements",
      "seconds of database time for each change",
      database === null ? "luthier tune --db URL" : "CREATE EXTENSION pg_stat_statements, then luthier tune --db URL",
    );
  const joined = workload.statements.filter(({ written }) => written.certainty === "unique" || written.certainty === "one-of");
  const share = joined.reduce((sum, one) => sum + one.share, 0);
  const since = workload.days === null ? "" : ` counted over ${spanWords(workload.days)}`;
  return there({
    kind: "statements",
    what: `${formatCount(workload.statements.length, "statement")}${since}; lines of source are known for ${formatPercent(share)} of their time`,
  });
}

function plans({ evidence: { database }, report }: HandbookInput): EvidenceUse {
  const count = database?.workload.plans.length ?? 0;
  const planned = report.findings.filter(({ evidence }) => evidence.some(({ kind }) => kind === "planned")).length;
  if (count === 0 && planned === 0) return missing("plans", "what the slow statements did, step by step", "luthier tune --log FILE");
  return there({
    kind: "plans",
    what: [count > 0 ? formatCount(count, "plan") : "", planned > 0 ? `${formatCount(planned, "finding")} planned` : ""].filter(Boolean).join(", "),
  });
}

function replicas({ evidence: { database }, report }: HandbookInput): EvidenceUse {
  const known = database?.snapshot.servers.length ?? 0;
  if (known > 1) return there({ kind: "replicas", what: formatCount(known - 1, "replica") });
  const standbys = database?.server.replication.standbys.length ?? 0;
  const unjudged = report.coverage.unknown.filter(({ rule, object }) => rule === "unused-index" && object !== undefined).length;
  const what =
    unjudged > 0
      ? `${formatCount(unjudged, "index", "indexes")} not judged`
      : standbys > 0
        ? `${formatCount(standbys, "standby", "standbys")} whose scans are not counted`
        : "scans on other servers than the primary";
  return missing("replicas", what, "luthier tune --db URL --db REPLICA_URL");
}

function settings({ evidence: { deployment, source: code } }: HandbookInput): EvidenceUse {
  const modules = deployment.settings.map(({ module }) => module);
  const services = deployment.services.length;
  const other = otherEngineWords(deployment).replaceAll("`", "");
  if (modules.length === 0 && services === 0)
    return missing(
      "settings",
      "DATABASES, CACHES and how many processes run",
      code === null ? "luthier tune PATH" : 'settings = ["PROJECT.settings"] in luthier.toml',
    );
  const by = deployment.settings.some((one) => one.by === "evaluated") ? "evaluated" : "read as text";
  return there({
    kind: "settings",
    what: [
      modules.length === 0 ? "" : `${modules.join(", ")}, ${by}`,
      services === 0 ? "" : formatCount(services, "service"),
      other === "" ? "" : `${other}: what is said of servers is for PostgreSQL`,
    ]
      .filter(Boolean)
      .join("; "),
  });
}

function pooler({ evidence: { deployment } }: HandbookInput): EvidenceUse {
  if (deployment.poolers.length > 0) return there({ kind: "pooler", what: deployment.poolers.map(({ file }) => file).join(", ") });
  return missing("pooler", "what PgBouncer has pooled and how long clients waited", "luthier tune --pgbouncer URL");
}
