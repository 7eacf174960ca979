import type { Service } from "../../model/index.ts";
import { found, nothing, poolerRule } from "../connections/pooler.ts";

export const rule = poolerRule(
  { id: "CONN-P10", chapter: "4.3", summary: "PgBouncer lets clients wait longer than their requests live, or cancels before the server does" },
  (view, { deployment, database }) => {
    const wait = Number(view.value("query_wait_timeout") ?? 0);
    const served = deployment.services.filter(
      (one): one is Service & { readonly timeout: NonNullable<Service["timeout"]> } =>
        (one.kind === "wsgi" || one.kind === "asgi") && one.timeout !== null && one.timeout.value > 0,
    );
    const [shortest] = served.toSorted((a, b) => a.timeout.value - b.timeout.value);
    const drafts = [];
    if (shortest !== undefined && (wait === 0 || wait >= shortest.timeout.value)) {
      drafts.push({
        key: [view.name, "query_wait_timeout"],
        claim: `A client of ${view.name} waits ${wait === 0 ? "without end" : `up to ${wait} s`} for a connection; \`${shortest.name}\` kills the request after ${shortest.timeout.value} s.`,
        reason:
          "The worker is killed in the middle of the wait, in place of an error that Django could handle, and the whole queue is served to clients that are gone.",
        remedy: `Set \`query_wait_timeout\` to a sixth of the request's limit or less: ${Math.max(1, Math.floor(shortest.timeout.value / 6))} s here.`,
        doubt:
          shortest.timeout.isDefault === true
            ? `${shortest.timeout.value} s are the server's own default, which its start can override`
            : "a proxy in front may end the request even earlier",
        places: [...view.spots("query_wait_timeout"), ...(shortest.timeout.spot === null ? [shortest.spot] : [shortest.timeout.spot])],
        evidence: [view.evidence({ queryWait: wait, request: shortest.timeout.value })],
        fixes: [],
      });
    }
    const query = Number(view.value("query_timeout") ?? 0);
    const statement = (database?.settingNumber("statement_timeout") ?? 0) / 1000;
    if (query > 0 && statement > 0 && query <= statement) {
      drafts.push({
        key: [view.name, "query_timeout"],
        claim: `\`query_timeout\` of ${view.name} (${query} s) ends the connection before \`statement_timeout\` (${statement} s) can end the statement.`,
        reason: "PgBouncer then closes the server connection, and the statement may go on there; PostgreSQL's own limit cancels it and keeps the connection.",
        remedy: "Set it slightly above `statement_timeout`, as PgBouncer's documentation says, or leave it off.",
        doubt: "roles can have a shorter statement_timeout of their own",
        places: view.spots("query_timeout"),
        evidence: [view.evidence({ query, statement })],
        fixes: [],
      });
    }
    return shortest === undefined && drafts.length === 0
      ? nothing("query_wait_timeout", [
          { object: "", why: "needs how long a request may take: the timeout of gunicorn or of another server in the project's files" },
        ])
      : found("query_wait_timeout, query_timeout", drafts);
  },
);
