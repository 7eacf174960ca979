/** A timeout that neither the settings nor the server have. */
import type { DatabaseDraft, EditDraft, EvidenceInput, RuleInput } from "../../model/index.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { confidenceOf, doubtOf, isOpen, type Entry } from "./entries.ts";
import { filesEvidence } from "./evidence.ts";
import { poolerOf } from "./pooler.ts";
import { ASSUMED_REQUEST, requestTime, statementSeconds } from "./request-time.ts";
import { serverTimeout } from "./server-settings.ts";
import { optionKeys, replaceValue, reviewFix } from "./setting-edits.ts";

export interface TimeoutKind {
  /** Any of these is enough. */
  readonly names: readonly string[];
  /** The one to set. */
  readonly setting: string;
  readonly claim: (alias: string) => string;
  readonly reason: string;
}

export function timeoutDrafts(entry: Entry, { source, database: server, deployment }: EvidenceInput, missing: TimeoutKind): DatabaseDraft[] {
  const { database } = entry;
  const request = requestTime(deployment);
  // As long as role-timeouts.sql and the lattice of 4.3 say.
  const kind = { ...missing, value: `${statementSeconds(request?.seconds ?? ASSUMED_REQUEST)}s` };
  if (kind.names.some((name) => database.serverSettings.has(name)) || database.options.has("service")) return [];
  if (isOpen(database, "OPTIONS.options", ["code"])) return [];
  if (server !== null && kind.names.some((name) => serverTimeout(server, name, database) !== null)) return [];
  const pooler = poolerOf(database, deployment);
  const role = database.user === null || database.user.value === "" || database.user.dependsOn !== undefined ? "the_role" : database.user.value;
  const statement = `\`ALTER ROLE ${role} SET ${kind.setting} = '${kind.value}'\``;
  const spot = database.optionsSpot ?? database.spot;
  return [
    {
      key: [database.alias, spot.span.file],
      confidence: entry.isSure ? (server === null ? "likely" : "certain") : confidenceOf(entry),
      claim: kind.claim(database.alias),
      reason: kind.reason,
      remedy:
        pooler === null
          ? `Add \`-c ${kind.setting}=${kind.value}\` to \`OPTIONS["options"]\`, or ${statement}; the longest that a page needs is the right value.`
          : `${statement}: it holds through the pooler (${pooler.why}), which drops \`options\`.`,
      doubt: doubtOf(
        server === null
          ? "the server, or the role that connects, has a limit that no file shows; a snapshot tells"
          : "another role than the one that was looked at has a limit of its own",
        database.user,
      ),
      places: [{ ...spot, label: `no ${kind.setting}` }],
      evidence: [filesEvidence(spot), ...(server === null ? [] : [catalogEvidence(server)])],
      fixes: pooler === null ? reviewFix(`Set ${kind.setting}`, [edit(source, entry, kind)]) : [],
    },
  ];
}

function edit(source: RuleInput | null, { database }: Entry, { setting, value }: TimeoutKind & { readonly value: string }): EditDraft | null {
  const said = database.options.get("options");
  if (said === undefined) return optionKeys(source, database, [["options", `"-c ${setting}=${value}"`]]);
  if (source === null || said.written === undefined) return null;
  const written = source.text(said.written.file).slice(said.written.start, said.written.end);
  return /^(["'])[^"'\n]*\1$/.test(written)
    ? replaceValue(said, `${written.slice(0, -1)}${written.length > 2 ? " " : ""}-c ${setting}=${value}${written.slice(-1)}`)
    : null;
}
