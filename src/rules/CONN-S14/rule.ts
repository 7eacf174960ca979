import type { DatabaseDraft, EvidenceInput, Judgement, Rule } from "../../model/index.ts";
import { distinctDrafts, examinedWords, postgresEntries, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S14",
    chapter: "4.1",
    summary: "Two aliases of one database: each opens connections of its own",
    severity: "info",
    confidence: "certain",
    fix: "never",
    stage: "stable",
  },
  audit,
};

function audit({ source, deployment }: EvidenceInput): Judgement {
  if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
  const entries = postgresEntries(deployment);
  const drafts = entries.flatMap((entry, index) => {
    const before = entries.slice(0, index).find((other) => other.settings === entry.settings && isSame(other, entry));
    return before === undefined ? [] : [toDraft(before, entry)];
  });
  return { drafts: distinctDrafts(drafts), unjudged: [], examined: examinedWords(entries) };
}

/** Same server and database by constants alone, and nothing that one has and the other has not. */
function isSame({ database: one }: Entry, { database: other }: Entry): boolean {
  const isKnown = [one.name, other.name].every((said) => said !== null && said.dependsOn === undefined && said.value !== "");
  const isEqual = (["host", "port", "name", "user"] as const).every(
    (key) => (one[key]?.value ?? "") === (other[key]?.value ?? "") && one[key]?.dependsOn === other[key]?.dependsOn,
  );
  return isKnown && isEqual && !differsOnPurpose(one, other) && (one.unread.length === 0 || one.unread.every((part) => other.unread.includes(part)));
}

/** An alias with timeouts, cursors or transactions of its own is there for these. */
function differsOnPurpose(one: Entry["database"], other: Entry["database"]): boolean {
  const traits = ({ connMaxAge, disableServerSideCursors, atomicRequests, options }: Entry["database"]): string =>
    JSON.stringify([
      connMaxAge?.value ?? 0,
      disableServerSideCursors?.value ?? false,
      atomicRequests?.value ?? false,
      [...options].map(([name, { value }]) => JSON.stringify([name, value])).toSorted(),
    ]);
  return traits(one) !== traits(other);
}

function toDraft({ database: first }: Entry, { database: second }: Entry): DatabaseDraft {
  return {
    key: [first.alias, second.alias],
    claim: `Databases \`${first.alias}\` and \`${second.alias}\` are the same one with the same options: a request that uses both holds two connections.`,
    reason: "Django opens and keeps connections for each alias. What one alias writes in a transaction, the other does not see before the commit.",
    remedy: `Leave one of them out, or give \`${second.alias}\` what it is there for: a replica's host, timeouts, or \`TEST: {"MIRROR": "${first.alias}"}\` when it stands for a replica.`,
    doubt: "the entry may stand for a server that other settings put in its place",
    places: [
      { ...second.spot, label: "the same database" },
      { ...first.spot, label: "as here" },
    ],
    evidence: [filesEvidence(second.spot, first.spot)],
    fixes: [],
  };
}
