import type { DatabaseDraft, EvidenceInput, Rule } from "../../model/index.ts";
import { auditEntries, confidenceOf, doubtOf, type Entry } from "../deployment/entries.ts";
import { filesEvidence, listOf } from "../deployment/evidence.ts";
import { poolerOf } from "../deployment/pooler.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S10",
    chapter: "4.1",
    summary: "Settings of the connection that a pooler refuses or drops",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
  },
  audit: (input) => auditEntries(input, (entry) => draftsOf(entry, input)),
};

function draftsOf(entry: Entry, { deployment }: EvidenceInput): DatabaseDraft[] {
  const { database } = entry;
  const [first] = database.serverSettings.values();
  const pooler = first === undefined ? null : poolerOf(database, deployment);
  if (first === undefined || first.spot === null || pooler === null) return [];
  const names = [...database.serverSettings].map(([name, { value }]) => `${name}=${value}`);
  const ignored = deployment.poolers
    .map(({ values }) => values.get("ignore_startup_parameters"))
    .find((one) => one !== undefined && /\boptions\b/.test(one.value));
  const role = database.user === null || database.user.value === "" ? "the_role" : database.user.value;
  const statements = [...database.serverSettings].map(([name, { value }]) => `\`ALTER ROLE ${role} SET ${name} = '${value}'\``);
  return [
    {
      key: [database.alias, first.spot.span.file],
      confidence: confidenceOf(entry, pooler.said),
      claim: `Database \`${database.alias}\` sends \`-c ${names[0] ?? ""}\` to a pooler (${pooler.why}), which ${ignored === undefined ? "refuses it or drops it" : "drops it in silence"}.`,
      reason: `PgBouncer takes no such setting in \`options\`: it answers "unsupported startup parameter in options", or, with ignore_startup_parameters, connects without it. Then ${listOf(names)} ${names.length === 1 ? "is" : "are"} in force nowhere.`,
      remedy: `Set ${names.length === 1 ? "it" : "them"} on the role, which holds through any pooler: ${statements.join("; ")}.`,
      doubt: doubtOf("a pooler other than PgBouncer may pass them on", pooler.said),
      places: [
        first.spot,
        ...(pooler.spot === null ? [] : [{ ...pooler.spot, label: "the pooler" }]),
        ...(ignored?.spot == null ? [] : [{ ...ignored.spot, label: "what it drops" }]),
      ],
      evidence: [filesEvidence(first.spot, pooler.spot, ignored?.spot)],
      fixes: [],
    },
  ];
}
