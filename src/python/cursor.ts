/** What a cursor does at a node of each type. */
export const visibility = { hidden: 0, shown: 1, error: 2 } as const;

/**
 * Steps over the named nodes of a syntax tree; comments and punctuation are passed over.
 *
 * `type`, `start` and `end` are those of the node that `down` or `next` has just reached. After `up`, and after
 * a `next` that found nothing, only `next` and `up` may follow.
 */
export interface Cursor {
  readonly type: number;
  readonly start: number;
  readonly end: number;
  /** Enters the first child. Nodes of syntax errors are passed over unless `most` lets them in. */
  down(most?: number): boolean;
  next(most?: number): boolean;
  up(): void;
}
