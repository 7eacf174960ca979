import { UsageError } from "../../model/usage-error.ts";
import type { Target } from "./target.ts";

/** Why there is no connection, in a sentence of ours: the driver's own may hold what it was given. */
export function connectFailure(error: unknown, address: string, target: Target): UsageError {
  const said = error instanceof Error ? error.message : String(error);
  const message = target.password === undefined ? said : said.replaceAll(target.password, "…");
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  const user = target.user === undefined ? "the user" : `the user ${target.user}`;
  return explain({ message, code, address, user, database: target.database ?? target.user ?? "", cause: error });
}

interface Failure {
  readonly message: string;
  readonly code: string;
  readonly address: string;
  readonly user: string;
  readonly database: string;
  readonly cause: unknown;
}

function explain(failure: Failure): UsageError {
  return (
    ofNetwork(failure) ??
    ofTls(failure) ??
    ofServer(failure) ??
    new UsageError("database-unreachable", `${failure.address} did not let us in: ${failure.message}.`, "Check the URL with psql.", { cause: failure.cause })
  );
}

const UNREACHABLE = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOENT", "EACCES"]);
const UNKNOWN_HOST = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_NODATA"]);
const BROKEN = new Set(["ECONNRESET", "EPIPE"]);

function ofNetwork({ message, code, address, cause }: Failure): UsageError | null {
  if (UNKNOWN_HOST.has(code))
    return new UsageError(
      "database-unreachable",
      `no host has the name in ${address}.`,
      "Check the host's name, and whether it is known outside of the container or VPN.",
      { cause },
    );
  if (UNREACHABLE.has(code))
    return new UsageError("database-unreachable", `nothing listens at ${address}.`, "Check host and port, the firewall, and that the server runs.", { cause });
  if (code === "ETIMEDOUT" || /timeout/i.test(message) || message.includes("did not answer"))
    return new UsageError(
      "database-silent",
      `${address} did not answer in time.`,
      "Check host, port and firewall; nothing answers for a server that was paused, either.",
      { cause },
    );
  if (BROKEN.has(code) || /terminated unexpectedly|closed the connection/.test(message))
    return new UsageError("database-broken", `${address} closed the connection.`, "Its log says why; a pooler or a proxy in between may have done it.", {
      cause,
    });
  if (message.includes("Received invalid response"))
    return new UsageError("database-unreachable", `what listens at ${address} is no PostgreSQL.`, "Check host and port.", { cause });
  return null;
}

function ofTls({ message, code, address, cause }: Failure): UsageError | null {
  if (message.includes("does not support SSL"))
    return new UsageError("database-tls", `${address} has no TLS, and sslmode asks for it.`, "Say sslmode=prefer, or sslmode=disable.", { cause });
  if (message.includes("no encryption") || message.includes("SSL off"))
    return new UsageError(
      "database-tls",
      `${address} takes no connection without TLS from here, or none of this user to this database.`,
      "Say sslmode=require; else pg_hba.conf of the server needs a line for it.",
      { cause },
    );
  if (/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS/.test(code))
    return new UsageError(
      "database-tls",
      `the certificate of ${address} is not trusted (${code}).`,
      "Name the authority's certificate with sslrootcert=FILE, or say sslmode=require to encrypt without this check.",
      { cause },
    );
  return null;
}

const PASSWORD_FAILED = "28P01";
const NOT_LET_IN = "28000";
const NO_DATABASE = "3D000";
const NO_PRIVILEGE = "42501";
const TOO_MANY = "53300";
const STARTING = "57P03";

function ofServer({ message, code, address, user, database, cause }: Failure): UsageError | null {
  if (code === PASSWORD_FAILED)
    return new UsageError(
      "database-refused",
      `${address} does not take the password of ${user}.`,
      "Check it, or keep it in ~/.pgpass or PGPASSWORD rather than in the URL.",
      { cause },
    );
  if (message.includes("client password must be a string"))
    return new UsageError(
      "database-refused",
      `${address} asks for a password, and none was given for ${user}.`,
      "Put it in ~/.pgpass or PGPASSWORD, or into the URL.",
      { cause },
    );
  if (code === NOT_LET_IN)
    return new UsageError("database-refused", `${address} does not let ${user} in.`, "Check the name, and pg_hba.conf of the server.", { cause });
  if (code === NO_DATABASE)
    return new UsageError("no-such-database", `${address} has no database called ${database}.`, "Check the name at the end of the URL.", { cause });
  if (code === NO_PRIVILEGE)
    return new UsageError(
      "database-refused",
      `${user} has no right to connect to the database ${database}.`,
      `GRANT CONNECT ON DATABASE "${database}" TO the role.`,
      { cause },
    );
  if (code === TOO_MANY)
    return new UsageError(
      "database-full",
      `${address} has no connection left.`,
      "Try again when there are fewer, or give the role one of reserved_connections.",
      { cause },
    );
  if (code === STARTING)
    return new UsageError("database-starting", `${address} does not take connections yet: it starts, stops or recovers.`, "Try again in a moment.", { cause });
  return null;
}
