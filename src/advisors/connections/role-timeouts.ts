/** Limits of a role, which hold through any pooler, each below the one around it. */
import type { Artefact } from "../../model/index.ts";
import { statementSeconds } from "../../rules/deployment/request-time.ts";

export interface TimeoutFacts {
  readonly role: string;
  /** Seconds after which a request is killed. */
  readonly request: number;
  /** 17 and later has transaction_timeout. */
  readonly version: number | null;
  /** What the role has now, by name; the undo brings it back. */
  readonly present: ReadonlyMap<string, string>;
}

export interface RoleTimeout {
  readonly name: string;
  readonly seconds: number;
  readonly why: string;
}

const WITH_TRANSACTION_TIMEOUT = 170_000;

/** A third of the request for one statement, a fifth of that for a lock: this project's notes, §A.3 (10 s and 2 s of 30 s). */
export function roleTimeouts({ request, version }: Pick<TimeoutFacts, "request" | "version">): readonly RoleTimeout[] {
  const statement = statementSeconds(request);
  return [
    { name: "lock_timeout", seconds: statement / 5, why: "a fifth of statement_timeout: the error names the lock" },
    { name: "statement_timeout", seconds: statement, why: `a third of the ${request} s that a request has` },
    { name: "idle_in_transaction_session_timeout", seconds: statement, why: "as long as one statement" },
    ...(version !== null && version >= WITH_TRANSACTION_TIMEOUT
      ? [{ name: "transaction_timeout", seconds: Math.max(statement + 1, statement * 2), why: "two statements' worth, below the request" }]
      : []),
  ];
}

/** `2s`, `400ms`. */
function durationOf(seconds: number): string {
  return Number.isInteger(seconds) ? `${seconds}s` : `${Math.round(seconds * 1000)}ms`;
}

export function roleTimeoutFiles(facts: TimeoutFacts): readonly Artefact[] {
  const { role, request, present } = facts;
  const limits = roleTimeouts(facts);
  const name = `"${role.replaceAll('"', '""')}"`;
  const set = limits.map(({ name: limit, seconds, why }) => `-- ${why}\nALTER ROLE ${name} SET ${limit} = '${durationOf(seconds)}';`);
  const undo = limits.map(({ name: limit }) => {
    const was = present.get(limit);
    return was === undefined ? `ALTER ROLE ${name} RESET ${limit};` : `ALTER ROLE ${name} SET ${limit} = '${was.replaceAll("'", "''")}';`;
  });
  return [
    {
      path: "role-timeouts.sql",
      language: "sql",
      text: `-- Limits of ${role}, for requests that are killed after ${request} s. New sessions have them; they hold through PgBouncer.\n-- Not for the roles of migrations and reports: those need limits of their own. Undo: role-timeouts.undo.sql\n\n${set.join("\n")}\n`,
      purpose: `Ends statements, waits for locks and silent transactions of \`${role}\` before the request is killed.`,
      check: "each limit ends what it is for: 55P03, 57014, 25P03",
      version: "PostgreSQL 13 and later",
    },
    {
      path: "role-timeouts.undo.sql",
      language: "sql",
      text: `-- Brings back what ${role} had.\n\n${undo.join("\n")}\n`,
      purpose: `Takes role-timeouts.sql back for \`${role}\`.`,
      check: "run after role-timeouts.sql, it leaves the role's settings as they were",
      version: "PostgreSQL 13 and later",
    },
  ];
}
