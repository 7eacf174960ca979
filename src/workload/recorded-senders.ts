/** What a recording saw send a statement, beside the lines whose queries have its shape. */
import { positionOf } from "../findings/positions.ts";
import type { RuleInput, Span, Statement, StatementOrigin, StatementSite, Workload } from "../model/index.ts";
import type { Frame, Recording, Stack, StatementTotals } from "../model/recording.ts";
import { blamedFrame } from "../recording/user-code.ts";
import { textKey } from "./time-base.ts";

export function withRecordedSenders(workload: Workload, recording: Recording, source: RuleInput): Workload {
  // Of texts with one key the costliest comes first, and is kept.
  const recorded = new Map(recording.top.toReversed().map((one) => [textKey(one.sql), one]));
  const statements = workload.statements.map((statement) => {
    const totals = recorded.get(textKey(statement.sql));
    return totals === undefined ? statement : { ...statement, written: seenOrigin(statement, totals, source) };
  });
  return { ...workload, statements };
}

/**
 * A line that was seen stands before those that could be it. Where the recording saw every call that was counted, and all of them at one place, no other line sent it.
 */
function seenOrigin({ calls, written }: Statement, { stack, stacks, statements, route, lines = [] }: StatementTotals, source: RuleInput): StatementOrigin {
  if (written.certainty === "framework") return written;
  const onStack = written.sites.filter((site) => isOn(site, stack, source));
  const seen = onStack.length > 0 ? onStack : stackSite(stack, source);
  if (seen.length === 0) return written;
  const isAll = stacks === 1 && statements >= calls;
  const costliest = seen.map((one): StatementSite => ({ ...one, isRecorded: true, ...(route === undefined ? {} : { route }) }));
  const others = isAll ? [] : written.sites.filter((site) => !onStack.includes(site));
  const isSeen = ({ span, sent = [] }: StatementSite): boolean => lines.some((line) => [span, ...sent].some((one) => isWithin(line, one, source)));
  const sites = [...costliest, ...others.map((site): StatementSite => (isSeen(site) ? { ...site, isRecorded: true } : site))];
  return { ...written, certainty: sites.length === 1 ? "unique" : "one-of", sites };
}

function isOn({ span, sent = [] }: StatementSite, stack: Stack, source: RuleInput): boolean {
  return [span, ...sent].some((one) => stack.some((frame) => frame.owner === "project" && isWithin(frame, one, source)));
}

function isWithin({ file, line }: Pick<Frame, "file" | "line">, span: Span, source: RuleInput): boolean {
  if (file !== span.file) return false;
  const text = source.text(span.file);
  return positionOf(text, span.start).line <= line && line <= positionOf(text, Math.max(span.start, span.end - 1)).line;
}

/** Where no query of its shape was found on the way that was recorded: the line itself. */
function stackSite(stack: Stack, source: RuleInput): StatementSite[] {
  const frame = blamedFrame(stack);
  const span = frame === null ? null : lineSpan(frame, source);
  return frame === null || span === null ? [] : [{ span, symbol: frame.kind === "python" ? frame.name : "", model: "", how: "recorded" }];
}

function lineSpan({ file, line }: Frame, source: RuleInput): Span | null {
  const lines = source.text(file).split("\n");
  const text = lines[line - 1];
  if (text === undefined || text.trim() === "") return null;
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const indent = text.length - text.trimStart().length;
  return { file, start: before + indent, end: before + text.trimEnd().length };
}
