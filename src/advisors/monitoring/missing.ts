/** Which alerts are not made for this database, and what would bring them. */
import { growthOf } from "./alerts/resources.ts";
import { isRare } from "./alerts/statements.ts";
import type { Watched } from "./watched.ts";

export function missingWords(watched: Watched): string {
  const { database, standbys, statements, statementsFrom, isArchiving } = watched;
  const rare = statements.filter((one) => isRare(one)).length;
  const { age, server } = database;
  const counters = server.counters.database;
  return [
    ...(growthOf(watched) === null
      ? [
          `How fast ${database.catalog.database.name} grows needs a second snapshot, a day later or more: luthier snapshot --db URL --out now.json.gz, then both.`,
        ]
      : []),
    ...(age.days === null || age.days < 1 || counters === null
      ? ["What share of cache misses and rollbacks is usual needs counters of a day: luthier snapshot --db URL tomorrow."]
      : []),
    ...(statementsFrom === null
      ? ["Alerts on single statements need pg_stat_statements: postgresql/monitoring.sql makes it, then luthier snapshot --db URL."]
      : []),
    ...(rare === 0
      ? []
      : [
          `${rare} of the ${statements.length} hottest statements ${rare === 1 ? "is" : "are"} sent less often than once an hour: there is no alert on ${rare === 1 ? "it" : "them"}.`,
        ]),
    ...(standbys === 0 ? [`Alerts on replication are left out: ${server.address} has no standby. With one: luthier snapshot --db PRIMARY --db STANDBY.`] : []),
    ...(isArchiving ? [] : [`archive_mode is ${database.setting("archive_mode") ?? "not known"}: there is no alert on archiving.`]),
    `Free space on the disk of ${server.address} is not a figure of PostgreSQL: node_exporter's node_filesystem_avail_bytes tells it.`,
  ].join(" ");
}
