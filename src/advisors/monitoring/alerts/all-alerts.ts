/** Every alert of a database, in the order of the runbook. */
import type { Alert } from "../alert.ts";
import type { Watched } from "../watched.ts";
import { maintenanceAlerts } from "./maintenance.ts";
import { poolerAlerts } from "./pooler.ts";
import { reachabilityAlerts } from "./reachability.ts";
import { replicationAlerts } from "./replication.ts";
import { resourceAlerts } from "./resources.ts";
import { sessionAlerts } from "./sessions.ts";
import { statementAlerts } from "./statements.ts";

export interface AlertGroup {
  readonly name: string;
  readonly alerts: readonly Alert[];
}

export function alertGroups(watched: Watched): AlertGroup[] {
  const groups: readonly AlertGroup[] = [
    { name: "reachability", alerts: reachabilityAlerts(watched) },
    { name: "sessions", alerts: sessionAlerts(watched) },
    { name: "statements", alerts: statementAlerts(watched) },
    { name: "maintenance", alerts: maintenanceAlerts(watched) },
    { name: "resources", alerts: resourceAlerts(watched) },
    { name: "replication", alerts: replicationAlerts(watched) },
    { name: "pooler", alerts: poolerAlerts(watched) },
  ];
  return groups.filter(({ alerts }) => alerts.length > 0);
}
