/** What the other chapters' changes free, before any hardware is bought. */
import type { AdvisorInput } from "../../model/advice.ts";
import type { TimeBase } from "../../model/handbook.ts";
import { gainsOf, sendingShares } from "../../workload/gains.ts";
import type { SentFrom } from "../../workload/pieces.ts";
import { mainPlaceText } from "../../workload/main-place.ts";
import { recordedTimes, timeBaseOf, timedStatements, type TimedStatement } from "../../workload/time-base.ts";
import { lineAt } from "./places.ts";

export interface Freed {
  readonly base: TimeBase;
  /** In the base's unit, each second counted once. */
  readonly removed: number;
  readonly low: number;
  readonly high: number;
  readonly changes: readonly FreedBy[];
  /** Findings that lead to a statement without evidence of what is left of it. */
  readonly unsized: number;
}

export interface FreedBy {
  readonly finding: string;
  readonly rule: string;
  readonly claim: string;
  /** Two findings may claim the same of two lines. */
  readonly place: string;
  /** Once the changes above it are made. */
  readonly marginal: number;
  readonly basis: string;
}

/** Null where nothing measured the database's time. */
export function freedBy(input: AdvisorInput): Freed | null {
  const { database, recording, findings, parts = new Map() } = input;
  const base = timeBaseOf(database, recording);
  if (base === null || base.total <= 0) return null;
  const others = findings.filter(({ chapter }) => !chapter.startsWith("7"));
  // A setting of this chapter may take the same seconds: those are not freed twice.
  const statements = timedStatements(base, database, recording);
  const known = new Map(statements.map((one) => [one.id, sentFrom(one, input)]));
  const gains = gainsOf({
    statements,
    findings,
    parts,
    recorded: recordedTimes(recording),
    sentFrom: ({ id }) => known.get(id) ?? [],
    sending: sendingShares(database?.workload.plans ?? []),
  });
  // Of a recording alone the advisor does not know which statement is which finding's.
  if (gains.touched.size === 0 && database === null) return null;
  const byId = new Map(others.map((one) => [one.id, one]));
  const changes = gains.ranked.flatMap(({ finding, gain }) => {
    const found = byId.get(finding);
    return found === undefined || gain.marginal <= 0
      ? []
      : [
          {
            finding,
            rule: found.rule,
            claim: found.claim,
            place: mainPlaceText(found),
            marginal: gain.marginal,
            basis: gain.basis,
            spread: gain.removed > 0 ? { low: gain.low / gain.removed, high: gain.high / gain.removed } : { low: 1, high: 1 },
          },
        ];
  });
  const sum = (figure: (one: (typeof changes)[number]) => number): number =>
    Math.min(
      base.total,
      changes.reduce((all, one) => all + figure(one), 0),
    );
  return {
    base,
    removed: sum(({ marginal }) => marginal),
    low: sum(({ marginal, spread }) => marginal * spread.low),
    high: sum(({ marginal, spread }) => marginal * spread.high),
    changes,
    unsized: gains.touched.size - gains.ranked.length,
  };
}

function sentFrom({ statement }: TimedStatement, { source }: AdvisorInput): readonly SentFrom[] {
  if (statement === null || source === null) return [];
  return statement.written.sites.map(({ span, how }) => ({ file: span.file, line: lineAt(source, span), how }));
}
