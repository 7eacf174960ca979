/** Who to connect to: a libpq URL, `key=value` words, or the name of a service in pg_service.conf. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { UsageError } from "../../model/usage-error.ts";

export type TlsMode = "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";

/** What libpq calls a connection's parameters, as far as they are used here. */
export interface Target {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly options: string | undefined;
  readonly tls: TlsMode;
  readonly rootCertificate: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

const REMEDY = 'Write postgresql://user@host:5432/database, "host=… dbname=…", or the name of a service in pg_service.conf.';

/** What could not be read of it is not repeated: it may hold a password. */
export function readTarget(given: string, env: Readonly<Record<string, string | undefined>> = process.env): Target {
  const words = /^postgres(ql)?:\/\//.test(given) ? urlWords(given) : given.includes("=") ? keywordWords(given) : { service: serviceName(given) };
  const { service, ...own } = words;
  const named = service ?? env["PGSERVICE"];
  return targetOf({ ...(named === undefined || named === "" ? {} : serviceWords(named, env)), ...own }, env);
}

type Words = Readonly<Record<string, string>>;

/** A URL without its scheme would be taken for a name, and be said with its password. */
function serviceName(given: string): string {
  if (!/[:/@]/.test(given)) return given;
  throw new UsageError("bad-database", "what --db names is neither a URL, nor key=value words, nor a service.", REMEDY);
}

function urlWords(given: string): Words {
  try {
    // Node's URL has no empty host, which means the socket.
    const url = new URL(
      given.replace(/^postgres(ql)?:\/\/([^/@]*@)?(?=\/|\?|$)/, (_all, _ql, user: string | undefined) => `postgresql://${user ?? ""}socket.invalid`),
    );
    if (isCutWrongly(given, url)) throw new Error("a password that is not encoded");
    const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1");
    const parts = {
      host: host === "socket.invalid" ? "" : host,
      port: url.port,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      dbname: decodeURIComponent(url.pathname.slice(1)),
    };
    return { ...filled(parts), ...Object.fromEntries(url.searchParams) };
  } catch {
    const isList = /@?[^/]*,[^/]*\//.test(given.replace(/^postgres(ql)?:\/\//, ""));
    throw new UsageError(
      "bad-database",
      isList ? "a URL of --db names several hosts, and each server is looked at by itself." : "a URL of --db is not one that PostgreSQL reads.",
      isList ? "Repeat --db for each of them." : `Characters such as @ : / ? # in a password are written as %40 %3A %2F %3F %23. ${REMEDY}`,
    );
  }
}

/** A slash, a question mark or a hash in a password ends the host's part before its time. */
function isCutWrongly(given: string, url: URL): boolean {
  return url.pathname.includes("@") || url.hash !== "" || (given.includes("@") && url.username === "" && url.password === "");
}

/** `host=db dbname='my shop'`, with quotes and backslashes as libpq has them. */
function keywordWords(given: string): Words {
  const words = [...given.matchAll(/\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))\s*/gy)];
  if (words.map(([all]) => all).join("") !== given)
    throw new UsageError("bad-database", "the words of --db are not key=value pairs that PostgreSQL reads.", REMEDY);
  return Object.fromEntries(words.map(([, name = "", quoted, plain]) => [name, (quoted ?? plain ?? "").replaceAll(/\\(.)/g, "$1")]));
}

function serviceWords(name: string, env: Readonly<Record<string, string | undefined>>): Words {
  const files = [
    env["PGSERVICEFILE"] ?? path.join(env["HOME"] ?? homedir(), ".pg_service.conf"),
    path.join(env["PGSYSCONFDIR"] ?? "/etc/postgresql-common", "pg_service.conf"),
  ];
  for (const file of files.filter((one) => existsSync(one))) {
    const found = readService(readFileSync(file, "utf8"), name);
    if (found !== null) return found;
  }
  throw new UsageError("no-service", `no service called ${name} is in ${files.join(" or ")}.`, REMEDY);
}

function readService(text: string, name: string): Words | null {
  const sections = text.split(/^[ \t]*\[/m).slice(1);
  const section = sections.find((one) => one.slice(0, one.indexOf("]")) === name);
  if (section === undefined) return null;
  const lines = section
    .slice(section.indexOf("]") + 1)
    .split("\n")
    .map((line) => line.trim());
  return Object.fromEntries(
    lines
      .filter((line) => line.includes("=") && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.indexOf("=")).trim(), line.slice(line.indexOf("=") + 1).trim()]),
  );
}

const TLS_MODES: Readonly<Record<string, TlsMode>> = {
  disable: "disable",
  allow: "allow",
  prefer: "prefer",
  require: "require",
  "verify-ca": "verify-ca",
  "verify-full": "verify-full",
};

function targetOf(words: Words, env: Readonly<Record<string, string | undefined>>): Target {
  const word = (name: string, variable: string): string | undefined => [words[name], env[variable]].find((one) => one !== undefined && one !== "");
  const port = word("port", "PGPORT");
  if (port !== undefined && !/^\d{1,5}$/.test(port)) throw new UsageError("bad-database", `${port} is no port.`, REMEDY);
  const mode = word("sslmode", "PGSSLMODE") ?? "prefer";
  const tls = TLS_MODES[mode];
  if (tls === undefined) throw new UsageError("bad-database", `${mode} is no sslmode.`, `It is one of ${Object.keys(TLS_MODES).join(", ")}.`);
  return {
    host: word("host", "PGHOST") ?? word("hostaddr", "PGHOSTADDR"),
    port: port === undefined ? undefined : Number(port),
    user: word("user", "PGUSER"),
    password: word("password", "PGPASSWORD"),
    database: word("dbname", "PGDATABASE"),
    options: word("options", "PGOPTIONS"),
    tls,
    rootCertificate: word("sslrootcert", "PGSSLROOTCERT"),
    certificate: word("sslcert", "PGSSLCERT"),
    key: word("sslkey", "PGSSLKEY"),
  };
}

function filled(words: Words): Words {
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== ""));
}
