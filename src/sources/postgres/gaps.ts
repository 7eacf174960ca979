/** What could be read only in part: what is missing, what that costs, and what would bring it. */
import type { Catalog, Gap, Server } from "../../model/index.ts";

type LocalGap = Omit<Gap, "server">;

/** Names of tables, and how many more. */
const SHOWN = 3;

export function lockGap(locked: readonly number[], { tables, views, indexes, sequences }: Catalog): LocalGap | null {
  const names = [...tables, ...views, ...indexes, ...sequences].filter(({ oid }) => locked.includes(oid)).map(({ schema, name }) => `${schema}.${name}`);
  if (names.length === 0) return null;
  return {
    part: "locked relations",
    why: `another session holds, or waits for, an exclusive lock on ${listed([...new Set(names)])}`,
    cost: "size, indexes, defaults and views of it are not known, and the schema cannot be rebuilt whole",
    remedy: "take it again when that session is done",
  };
}

/** Who follows a primary scans indexes too, and counts for itself. */
export function replicaGap(servers: readonly Server[]): Gap | null {
  const [first, ...others] = servers;
  if (first === undefined) return null;
  const { address } = first;
  if (first.role === "replica") {
    return {
      part: "primary",
      server: address,
      why: "this is a replica, and its primary was not looked at",
      cost: "writes, vacuum and checkpoints are the replica's own view",
      remedy: "name the primary too, with --db",
    };
  }
  const standbys = first.replication.standbys.filter(({ state }) => state !== "backup").length;
  if (standbys <= others.length) return null;
  return {
    part: "replicas",
    server: address,
    why: `${standbys - others.length} of ${standbys} ${standbys === 1 ? "standby was" : "standbys were"} not looked at`,
    cost: "a table or an index that only a replica scans counts as unused",
    remedy: "name each replica too, with --db",
  };
}

export interface RoleFacts {
  readonly user: Server["user"];
  readonly version: number;
  readonly unreadable: readonly string[];
  readonly hiddenStatements: number;
  readonly statements: number;
  readonly hiddenSequences: number;
  readonly sequences: number;
  readonly hiddenExtended: number;
  /** Names of the roles that a role is a member of lead to these. */
  readonly seesSettings: boolean;
  readonly seesSessions: boolean;
}

/** The first version with `pg_read_all_data`. */
const WITH_READ_ALL_DATA = 140_000;

export function roleGaps(facts: RoleFacts): LocalGap[] {
  const role = `"${facts.user.name.replaceAll('"', '""')}"`;
  const monitor = `GRANT pg_monitor TO ${role}`;
  const readAll =
    facts.version >= WITH_READ_ALL_DATA ? `GRANT pg_read_all_data TO ${role}` : `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}, for each schema`;
  const gaps: LocalGap[] = [];
  const missing = (when: boolean, gap: LocalGap): void => void (when && gaps.push(gap));
  missing(facts.unreadable.length > 0, {
    part: some("statistics", facts.unreadable.length, facts.user.tables),
    why: `the role may not read ${facts.unreadable.length} of ${facts.user.tables} tables: ${listed(facts.unreadable)}`,
    cost: "no distribution of their values is known",
    remedy: readAll,
  });
  missing(facts.hiddenStatements > 0, {
    part: some("statements", facts.hiddenStatements, facts.statements),
    why: `the text of ${facts.hiddenStatements} of ${facts.statements} statements is hidden, since other users sent them`,
    cost: "their time is of no known statement",
    remedy: monitor,
  });
  missing(facts.hiddenSequences > 0, {
    part: some("sequences", facts.hiddenSequences, facts.sequences),
    why: `the role may not read ${facts.hiddenSequences} sequences`,
    cost: "no exhaustion of their keys is judged",
    remedy: facts.version >= WITH_READ_ALL_DATA ? readAll : `GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO ${role}, for each schema`,
  });
  missing(facts.hiddenExtended > 0, {
    part: "extended statistics",
    why: `the values of ${facts.hiddenExtended} extended statistics are shown to the tables' owner alone`,
    cost: "what they say of columns together is not known",
    remedy: "take it as the owner or as a superuser",
  });
  missing(!facts.seesSettings, {
    part: "some settings",
    why: "the role may not read all settings",
    cost: "settings of files, folders and preloaded libraries are not known",
    remedy: monitor,
  });
  missing(!facts.seesSessions, {
    part: "activity",
    why: "the role may not see what other users' sessions do",
    cost: "no session of another user, and no standby's lag, is judged",
    remedy: monitor,
  });
  return gaps;
}

/** A part that is there but for a few has a name of its own: rules go by these names. */
function some(part: string, missing: number, all: number): string {
  return missing < all ? `some ${part}` : part;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(", ");
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}
