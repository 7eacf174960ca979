/** How long a request stands in a queue for a connection. */
import { ASSUMED_REQUEST } from "../../rules/deployment/request-time.ts";

/** Seconds: a sixth of the request's limit, so that Django can still answer (this project's notes: 5 s of 30 s). */
export function queryWaitOf(request: number | null): number {
  return Math.max(1, Math.floor((request ?? ASSUMED_REQUEST) / 6));
}
