import type { Database, DatabaseDraft, EvidenceInput, Judgement, Rule } from "../../model/index.ts";
import { distinctDrafts, examinedWords, isOpen, poolOf, postgresEntries, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { catalogEvidence, counterEvidence } from "../database/evidence.ts";
import { quoteName } from "../../postgres/quote.ts";
import { isAtLeast } from "../../model/django-at-least.ts";
import { formatCount, formatNumber } from "../../model/numbers.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S15",
    chapter: "4.1",
    summary: "The server's time zone is not Django's: each new connection costs one more round trip",
    severity: "info",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  audit,
};

/** New connections a day from which the round trip is worth a line: ours. */
const LEAST_SESSIONS = 10_000;

function audit(input: EvidenceInput): Judgement {
  const { source, database, deployment } = input;
  if (source === null || database === null)
    return { drafts: [], unjudged: [{ object: "", why: source === null ? "needs the source" : "needs a database" }], examined: "" };
  const entries = postgresEntries(deployment).filter((entry) => entry.database.alias === "default" && entry.isSure);
  return {
    drafts: distinctDrafts(entries.flatMap((entry) => draftsOf(entry, database, input))),
    unjudged: entries.length > 0 && sessionsADay(database) === null ? [{ object: "", why: "needs counters of sessions, which PostgreSQL has from 14 on" }] : [],
    examined: examinedWords(entries),
  };
}

/** A kept connection asks once in its life. */
function draftsOf(entry: Entry, database: Database, { source, thresholds }: EvidenceInput): DatabaseDraft[] {
  const { connMaxAge } = entry.database;
  if ((connMaxAge !== null && connMaxAge.value !== 0) || poolOf(entry.database) !== null || isOpen(entry.database, "TIME_ZONE", ["code"])) return [];
  const [sessions, server, wanted] = [sessionsADay(database), serverZone(database, entry), wantedZone(entry, source?.project.djangoVersion ?? null)];
  if (sessions === null || server === null || wanted === null || server === wanted || sessions < (thresholds["CONN-S15"] ?? LEAST_SESSIONS)) return [];
  const role = entry.database.user?.dependsOn === undefined ? (entry.database.user?.value ?? "") : "";
  const name = database.catalog.database.name;
  const target = role === "" ? `DATABASE ${quoteName(name)}` : `ROLE ${quoteName(role)}`;
  return [
    {
      key: [entry.database.alias],
      claim: `The server says \`${server}\` where Django wants \`${wanted}\`: each of ${newConnections(sessions, database.age.days ?? 1)} sends one more statement.`,
      reason:
        "Django compares the names as they are written, and sends `set_config('TimeZone', …)` after connecting when they differ: one more round trip before a request's first query.",
      remedy: `\`ALTER ${target} SET timezone = '${wanted}'\`; new connections then begin with it.`,
      doubt: "other programs that log in the same way and count on the server's time zone",
      places: [
        { role: "setting", object: "TimeZone" },
        { ...entry.database.spot, label: "connects without keeping" },
      ],
      evidence: [catalogEvidence(database), counterEvidence(database, { sessions: Math.round(sessions) }), filesEvidence(entry.database.spot)],
      fixes: [
        {
          title: `Begin sessions in ${wanted}`,
          kind: "sql",
          safety: "review",
          edits: [],
          sql: { forward: [`ALTER ${target} SET timezone = '${wanted}'`], reverse: [`ALTER ${target} RESET timezone`], isTransactional: true },
        },
      ],
    },
  ];
}

/** What less than a day has counted is no rate of a day. */
function newConnections(aDay: number, days: number): string {
  return days < 1 ? `${formatCount(Math.round(aDay * days), "new connection")} in less than a day` : `${formatNumber(Math.round(aDay))} new connections a day`;
}

function sessionsADay({ server, age }: Database): number | null {
  const sessions = server.counters.database?.sessions ?? null;
  return sessions === null || age.days === null || age.days <= 0 ? null : sessions / age.days;
}

function serverZone(database: Database, { database: { user } }: Entry): string | null {
  const own = (database.server.overrides ?? []).find((one) => one.name.toLowerCase() === "timezone" && (one.role === null || one.role === user?.value));
  return own?.value ?? database.setting("TimeZone");
}

/** UTC with USE_TZ, which is on by default from Django 5.0; else TIME_ZONE. */
function wantedZone({ settings: { values } }: Entry, version: string | null): string | null {
  const useZone = values.get("USE_TZ")?.value ?? isAtLeast(version, 5, 0);
  if (useZone === true) return "UTC";
  const zone = values.get("TIME_ZONE")?.value;
  return typeof zone === "string" ? zone : null;
}
