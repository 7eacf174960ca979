/** How long a request stands in a queue for a connection. */

/** gunicorn's own timeout, while no file says another. */
export const DEFAULT_REQUEST = 30;

/** Seconds: a sixth of the request's limit, so that Django can still answer (this project's notes: 5 s of 30 s). */
export function queryWaitOf(request: number | null): number {
  return Math.max(1, Math.floor((request ?? DEFAULT_REQUEST) / 6));
}
