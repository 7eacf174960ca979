/** How long a web server lets a request last, and what a statement may take of it. */
import type { Deployment } from "../../model/deployment.ts";

export interface RequestTime {
  readonly seconds: number;
  readonly service: string;
  readonly isDefault: boolean;
}

/** No page is waited for longer: who lets requests last for hours has set no limit that a statement could be measured by. Ours. */
const LONGEST = 600;

/** gunicorn's own timeout, in seconds, while no file says another. */
export const ASSUMED_REQUEST = 30;

/** The shortest of the web servers' limits; null where no file says one. */
export function requestTime({ services }: Pick<Deployment, "services">): RequestTime | null {
  const timed = services.flatMap(({ kind, name, timeout }) =>
    (kind === "wsgi" || kind === "asgi") && timeout !== null && timeout.value > 0 && timeout.value <= LONGEST
      ? [{ seconds: timeout.value, service: name, isDefault: timeout.isDefault === true }]
      : [],
  );
  return timed.toSorted((a, b) => a.seconds - b.seconds)[0] ?? null;
}

/** A third of the request for one statement: this project's notes, §A.3 (10 s of 30 s). */
export const statementSeconds = (request: number): number => Math.max(1, Math.floor(request / 3));
