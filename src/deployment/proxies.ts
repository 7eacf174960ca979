/** Poolers and proxies whose files lie in the repository. */
import type { PoolerConfiguration, ProxyTimeout } from "../model/deployment.ts";
import { readIni } from "./ini.ts";

/** `pgbouncer.ini`; passwords are not kept. */
export function readPgbouncer(file: string, text: string): PoolerConfiguration {
  const entries = readIni(file, text);
  const values = entries
    .filter(({ section }) => section === "pgbouncer")
    .map(({ key, value, span }) => [key.toLowerCase(), { value, spot: { role: "setting" as const, span } }] as const);
  const databases = entries
    .filter(({ section }) => section === "databases")
    .map(({ key, value, span }) => ({ name: key.trim(), words: wordsOf(value), spot: { role: "setting" as const, span } }));
  return { file, kind: "pgbouncer", values: new Map(values), databases };
}

/** `host=10.0.0.1 port=5432 dbname='app'`. */
function wordsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/(\w+)\s*=\s*(?:'((?:''|[^'])*)'|(\S+))/g)].flatMap(([, name = "", quoted, bare]) =>
      name === "password" ? [] : [[name, quoted?.replaceAll("''", "'") ?? bare ?? ""] as const],
    ),
  );
}

/** nginx's default of proxy_read_timeout, uwsgi_read_timeout and fastcgi_read_timeout, in seconds. */
const NGINX_DEFAULT = 60;

/** How long nginx waits for the application. */
export function readNginx(file: string, text: string): ProxyTimeout[] {
  const code = text.replaceAll(/#[^\n]*/g, (comment) => " ".repeat(comment.length));
  const said = [...code.matchAll(/\b(?:proxy|uwsgi)_read_timeout\s+(\d+)(ms|s|m|h)?\s*;/g)].map(
    ({ 0: whole, 1: count = "", 2: unit = "s", index }): ProxyTimeout => {
      const span = { file, start: index, end: index + whole.length };
      return { program: "nginx", name: whole.split(/\s/, 1)[0] ?? "", seconds: { value: Number(count) * secondsIn(unit), spot: { role: "setting", span } } };
    },
  );
  const [pass] = [...code.matchAll(/\b(proxy|uwsgi)_pass\b[^;]*;/g)];
  if (said.length > 0 || pass === undefined) return said;
  const span = { file, start: pass.index, end: pass.index + pass[0].length };
  return [
    { program: "nginx", name: `${pass[1] ?? "proxy"}_read_timeout`, seconds: { value: NGINX_DEFAULT, spot: { role: "setting", span }, isDefault: true } },
  ];
}

export function readHaproxy(file: string, text: string): ProxyTimeout[] {
  return [...text.matchAll(/^[ \t]*timeout[ \t]+server[ \t]+(\d+)(us|ms|s|m|h|d)?\b/gm)].map(({ 0: whole, 1: count = "", 2: unit = "ms", index }) => ({
    program: "haproxy",
    name: "timeout server",
    seconds: {
      value: Number(count) * secondsIn(unit),
      spot: { role: "setting", span: { file, start: index + whole.search(/\S/), end: index + whole.length } },
    },
  }));
}

export function readCaddy(file: string, text: string): ProxyTimeout[] {
  return [...text.matchAll(/^[ \t]*(read_timeout|response_header_timeout)[ \t]+(\d+)(ms|s|m|h)\b/gm)].map(
    ({ 0: whole, 1: name = "", 2: count = "", 3: unit = "s", index }) => ({
      program: "caddy",
      name,
      seconds: {
        value: Number(count) * secondsIn(unit),
        spot: { role: "setting", span: { file, start: index + whole.search(/\S/), end: index + whole.length } },
      },
    }),
  );
}

const UNITS: Readonly<Record<string, number>> = { us: 0.000_001, ms: 0.001, s: 1, min: 60, m: 60, h: 3600, d: 86_400 };

export const secondsIn = (unit: string): number => UNITS[unit] ?? 1;
