/** Which entries of DATABASES are the primary, and which its replicas. */
import type { Deployment } from "../../model/index.ts";
import type { DatabaseSettings, SettingsFacts } from "../../model/deployment.ts";

/** As people name them; a read-only alias is one of them. */
const REPLICA = /(?:^|[_-])(?:replica|read|reader|readonly|ro|slave|standby|follower|secondary)s?(?:[_-]?\d+)?(?:$|[_-])/i;

export const isReplicaName = (alias: string): boolean => alias !== "default" && REPLICA.test(alias);

export function replicasOf({ databases }: SettingsFacts, read: ReadonlySet<string> = new Set()): readonly DatabaseSettings[] {
  return databases.filter(({ alias, mirrorOf }) => alias !== "default" && (mirrorOf !== null || isReplicaName(alias) || read.has(alias)));
}

/** Those that an entry point names, else the first: what the site runs by. */
export function mainSettings({ settings }: Deployment): SettingsFacts | null {
  return settings.find(({ isNamed }) => isNamed === true) ?? settings[0] ?? null;
}

export function primaryOf(settings: SettingsFacts | null): DatabaseSettings | null {
  return settings?.databases.find(({ alias }) => alias === "default") ?? settings?.databases[0] ?? null;
}
