/** A stretch of one file's text, in UTF-16 offsets from its start (after a byte order mark, if any). */
export interface Span {
  /** Path relative to the project root, with forward slashes. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export function isSameSpan(a: Span, b: Span): boolean {
  return a.file === b.file && a.start === b.start && a.end === b.end;
}

/** Offsets in a text that both sides know. */
interface Stretch {
  readonly start: number;
  readonly end: number;
}

export function isInside(inner: Stretch, outer: Stretch): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

export function isWithin(inner: Span, outer: Span): boolean {
  return inner.file === outer.file && isInside(inner, outer);
}

/** What a place has to do with its finding; the order of places follows the data. */
export type PlaceRole = "queryset" | "loop" | "call" | "access" | "definition" | "write" | "statement" | "table" | "index" | "setting";

/** A span with its part in a finding, and a short label for the text under the code. */
export interface Spot {
  readonly role: PlaceRole;
  readonly span: Span;
  readonly label?: string;
}

/** Something of the database that has no place in the source. */
export interface ObjectSpot {
  readonly role: "table" | "index" | "statement" | "setting";
  /** `public.orders_order`, `public.orders_order_channel_idx`, the statement's id, the setting's name. */
  readonly object: string;
  readonly label?: string;
  /** Of a statement: what the finding's change makes of its plan. */
  readonly cost?: PlannedCost;
  /** Of a statement: of its run, as its plan was measured, what the finding's change takes away at most, 0 to 1. */
  readonly mostPart?: number;
}

/** The planner's, of one call. */
export interface PlannedCost {
  readonly before: number;
  readonly after: number;
  /** Planned with the values of real calls, and the same plan under careful constants. Else it is what can be gained at most. */
  readonly isSure: boolean;
}
