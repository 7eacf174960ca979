/** Whether a database is reached through a pooler, and how that one pools. */
import type { Deployment, Said, Spot } from "../../model/index.ts";
import type { DatabaseSettings } from "../../model/deployment.ts";

export interface Pooler {
  /** `PORT 6432`, `HOST pgbouncer.internal`. */
  readonly why: string;
  readonly spot: Spot | null;
  /** `transaction`, `session`, `statement`; null where no file says. */
  readonly mode: Said<string> | null;
  readonly said: Said<string>;
}

/** Ports that poolers listen on by default: PgBouncer, and Supabase's and DigitalOcean's. */
const PORTS: ReadonlySet<string> = new Set(["6432", "6543", "25061"]);
const HOSTS = /pgbouncer|pgcat|pgdog|pgpool|odyssey|supavisor|(?:^|[.-])pooler(?:[.-]|$)|\.proxy-[a-z0-9]+\.[\w-]+\.rds\.amazonaws\.com/i;

/** Null where nothing says that there is one. A value that the environment gives by default only counts as well: it is how the project runs. */
export function poolerOf(database: DatabaseSettings, { poolers }: Deployment): Pooler | null {
  const { host, port } = database;
  const byHost = host !== null && HOSTS.test(host.value) ? host : null;
  const byPort = port !== null && PORTS.has(port.value) ? port : null;
  const said = byPort ?? byHost;
  if (said === null) return null;
  const mode = poolers.map(({ values }) => values.get("pool_mode")).find((one) => one !== undefined) ?? null;
  return { why: said === byPort ? `port ${said.value}` : `host ${said.value}`, spot: said.spot, mode, said };
}

/** Another transaction may get another server connection: known, or nothing says otherwise. */
export function isPerTransaction({ mode }: Pooler): boolean {
  return mode === null || mode.value !== "session";
}

/** On another machine, as far as is known: a container's or a network's name, or an address that is not this one. */
export function isRemote({ host }: DatabaseSettings): boolean {
  return host !== null && host.value !== "" && !/^(?:localhost|127\.\d+\.\d+\.\d+|::1|\/.*)$/.test(host.value);
}

/** On this machine, surely: a socket or the loopback. */
export function isLocal({ host }: DatabaseSettings): boolean {
  return host !== null && host.dependsOn === undefined && !isRemote({ host } as DatabaseSettings);
}
