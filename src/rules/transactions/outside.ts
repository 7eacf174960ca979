/** Calls out of the process that a transaction waits for: from the source, from a recording, or from both. */
import type { Evidence, EvidenceInput, OutsideCallFact, OutsideCallKind, RuleInput, Span, Spot } from "../../model/index.ts";
import type { Frame, OutsideCall, Stack } from "../../model/recording.ts";
import { blockAround, enteredAt, lastCommit, type AtomicBlock } from "./blocks.ts";
import { atomicRequests, isView } from "./views.ts";
import { groupBy } from "../../model/group-by.ts";
import { isTestFile } from "../test-files.ts";

/** A place at which a transaction waits. */
export interface Waiting {
  readonly kind: OutsideCallKind | "other";
  /** `requests.post`, or what the recorder saw: `http payments.example.org`. */
  readonly target: string;
  readonly span: Span;
  readonly calls: readonly Span[];
  /** Null for the transaction of ATOMIC_REQUESTS. */
  readonly block: AtomicBlock | null;
  /** Of the setting, when that is what opens the transaction. */
  readonly setting: Spot | null;
  readonly symbol: string;
  /** What the analysis began with when it got here; null for what was only recorded. */
  readonly root: Span | null;
  readonly recorded: OutsideCall | null;
}

/** From this on a wait within a transaction is worth a word: 50 ms, this project's notes on recorded traffic (CONN-T02). */
export const LEAST_WAIT_MS = 50;

/** Each place once for each transaction that reaches it, by the shortest way, with what a recording measured there. */
export function waitings(input: EvidenceInput, leastMs = LEAST_WAIT_MS): readonly Waiting[] {
  const { source, recording } = input;
  if (source === null) return [];
  const found = new Map<string, Waiting>();
  const sent = mailIsSent(input.deployment, source);
  for (const call of source.facts.outsideCalls ?? []) {
    if (isTestFile(call.span.file) || (call.kind === "mail" && sent === "later")) continue;
    const waiting = waitingOf(input, source, call);
    const key = `${call.span.file}:${call.span.start}:${waiting?.block?.file ?? ""}:${waiting?.block?.start ?? ""}`;
    const known = found.get(key);
    if (waiting !== null && (known === undefined || waiting.calls.length < known.calls.length)) found.set(key, waiting);
  }
  const measured = (recording?.outsideCalls ?? []).flatMap((call) => recordedWaiting(input, source, call) ?? []);
  return joined([...found.values()], measured, leastMs);
}

/** Backends that keep a message for a worker to send. */
const QUEUES = /^(?:djcelery_email|celery_email|post_office|mailer|django_mailer|mailqueue)\./;

/** By EMAIL_BACKEND; what a backend of the project's own does with a message, the call that sends it does not say. */
function mailIsSent({ settings }: EvidenceInput["deployment"], { program }: RuleInput): "at once" | "later" {
  const backend = settings.flatMap(({ values }) => values.get("EMAIL_BACKEND")?.value ?? []).at(0);
  if (typeof backend !== "string") return "at once";
  const symbol = program.resolveDotted(backend);
  const isOwn = symbol?.kind === "class" && symbol.cls.module.origin === "project";
  return isOwn || QUEUES.test(backend) ? "later" : "at once";
}

/** Of those with one key that with the shortest way from its transaction, and how many others there are. */
export function nearestOfEach<One extends Waiting>(all: readonly One[], keyOf: (one: One) => string): readonly (One & { readonly others: number })[] {
  return [...groupBy(all, keyOf).values()].flatMap((same) => {
    const [first] = same.toSorted((a, b) => a.calls.length - b.calls.length);
    return first === undefined ? [] : [{ ...first, others: same.length - 1 }];
  });
}

/** Where it waits, as a key. */
export const placeOf = ({ span }: Pick<Waiting, "span">): string => `${span.file}:${span.start}`;

export const moreTransactions = (others: number): string =>
  others === 0 ? "" : ` ${others} more ${others === 1 ? "transaction reaches" : "transactions reach"} this line.`;

function waitingOf({ deployment }: EvidenceInput, source: RuleInput, call: OutsideCallFact): Waiting | null {
  const { kind, target, span, symbol, trail } = call;
  const entered = enteredAt(source, call);
  const [root = null] = trail;
  if (entered !== null) return { kind, target, span, symbol, root, calls: entered.calls, block: entered.block, setting: null, recorded: null };
  const setting = atomicRequests(deployment);
  if (setting === null || root === null || !isView(source, root) || lastCommit(source, trail) >= 0) return null;
  return { kind, target, span, symbol, root, calls: trail.slice(1), block: null, setting: setting.spot, recorded: null };
}

/** A test runs in a transaction of its own: there only a block of the project's says that the call waits in one. */
function recordedWaiting({ deployment }: EvidenceInput, source: RuleInput, call: OutsideCall): Waiting | null {
  const frame = ownFrame(call.stack);
  if (frame === null || isTestFile(frame.file)) return null;
  const span = spanOfLine(source, frame);
  if (span === null) return null;
  const blocks = call.stack.flatMap((one) => {
    const at = one.owner === "project" && one.kind === "python" ? spanOfLine(source, one) : null;
    const block = at === null ? null : blockAround(source, at);
    return block === null ? [] : [block];
  });
  const block = blocks.at(-1) ?? null;
  const setting = atomicRequests(deployment);
  const isTested = call.stack.some(({ owner, file }) => owner === "project" && isTestFile(file));
  if (block === null && (isTested || setting === null)) return null;
  return {
    kind: KINDS[call.kind] ?? "other",
    target: call.target === "" ? call.kind : `${call.kind} ${call.target}`,
    span,
    symbol: frame.name,
    root: null,
    calls: [],
    block,
    setting: block === null ? (setting?.spot ?? null) : null,
    recorded: call,
  };
}

const KINDS: Readonly<Record<string, OutsideCallKind>> = { http: "http", smtp: "mail", sleep: "sleep", connect: "http" };

function joined(found: readonly Waiting[], measured: readonly Waiting[], leastMs: number): Waiting[] {
  const left = new Set(measured);
  const lifted = found.map((one) => {
    const [same] = measured.filter((other) => isSame(one, other)).toSorted((a, b) => (b.recorded?.slowest ?? 0) - (a.recorded?.slowest ?? 0));
    for (const other of measured) if (isSame(one, other)) left.delete(other);
    return same === undefined ? one : { ...one, recorded: same.recorded };
  });
  const own = [...left].filter(({ recorded }) => (recorded?.slowest ?? 0) >= leastMs * 1000);
  return [...lifted, ...own];
}

function isSame(one: Waiting, other: Waiting): boolean {
  return (
    one.span.file === other.span.file &&
    one.span.start < other.span.end &&
    other.span.start < one.span.end &&
    (other.kind === one.kind || other.kind === "other")
  );
}

export function ownFrame(stack: Stack): Frame | null {
  return stack.find(({ owner, kind }) => owner === "project" && kind === "python") ?? null;
}

/** The text of a recorded line; null when the file was not read. */
export function spanOfLine({ program, text }: RuleInput, { file, line }: Frame): Span | null {
  if (![...program.modules.values()].some(({ ir }) => ir.file === file)) return null;
  const lines = text(file).split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const content = lines[line - 1];
  if (content === undefined || content.trim() === "") return null;
  return { file, start: start + (content.length - content.trimStart().length), end: start + content.trimEnd().length };
}

export const isRecorded = ({ recorded }: Waiting): boolean => recorded !== null;

/** Milliseconds, to three digits. */
export const ms = (microseconds: number): number => Number((microseconds / 1000).toPrecision(3));

export function waitingEvidence({ recorded, target }: Waiting): Evidence[] {
  const inferred: Evidence = { kind: "inferred", note: `source: the calls that lead from the transaction to ${target} were followed` };
  if (recorded === null) return [inferred];
  const [label = ""] = recorded.labels;
  return [
    {
      kind: "recorded",
      note: `recording: ${recorded.calls} ${recorded.calls === 1 ? "call" : "calls"} in an open transaction${label === "" ? "" : `, in ${label}`}`,
      calls: recorded.calls,
      milliseconds: ms(recorded.microseconds),
      slowest: ms(recorded.slowest),
    },
  ];
}

/** The line that opens the transaction, the calls on the way, the call itself. */
export function waitingPlaces({ block, setting, calls, span }: Waiting, label: string): Spot[] {
  const opened: Spot[] =
    block !== null
      ? [{ role: "definition", span: block.head, label: "the transaction begins" }]
      : setting === null
        ? []
        : [{ role: "definition", span: setting.span, label: "each request is a transaction" }];
  return [...opened, ...callSpots(calls), { role: "call", span, label }];
}

/** What Django's own classes call on the way is nothing to look at. */
export function callSpots(calls: readonly Span[]): Spot[] {
  return calls.filter(({ file }) => !file.startsWith("builtin/")).map((span) => ({ role: "call", span }));
}
