import { formatBytes, formatPercent } from "../../model/numbers.ts";
import type { Database } from "../../model/index.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { machineOf } from "../scaling/machine.ts";
import { judged, liveRule, settingSpot, unknown } from "../connections/live.ts";

const GB = 1024 ** 3;
/** Memory of a session itself, its caches of the catalog and of plans: this project's notes (CONN-D09). */
const SESSION_BYTES = 10 * 1024 ** 2;
/** Sorts and hashes of one statement at once: two is a usual join with an ORDER BY. Ours. */
const AREAS = 2;
const SHARE = 0.8;

export const rule = liveRule(
  { id: "CONN-D09", chapter: "4.2", summary: "With all connections in use, the server needs more memory than it has", confidence: "likely" },
  (database, { thresholds }) => {
    const memory = memoryOf(database, thresholds);
    if (memory === null) return unknown("needs the server's memory: luthier snapshot --ram 16GB");
    const [most, area, shared] = [database.settingNumber("max_connections"), database.settingNumber("work_mem"), database.settingNumber("shared_buffers")];
    if (most === null || area === null || shared === null) return unknown("needs max_connections, work_mem and shared_buffers, which could not be read");
    const need = most * (area * AREAS + SESSION_BYTES);
    const left = memory.bytes - shared;
    const examined = `${most} connections × (${AREAS} × ${formatBytes(area)} + ${formatBytes(SESSION_BYTES)})`;
    if (need <= left * (thresholds["CONN-D09"] ?? SHARE)) return judged([], examined);
    return judged(
      [
        {
          key: ["memory"],
          claim: `${most} connections with \`work_mem\` ${formatBytes(area)} can ask for ${formatBytes(need)}; beside \`shared_buffers\` there are ${formatBytes(Math.max(0, left))} (${formatPercent(need / Math.max(1, left))}).`,
          reason: "When it comes to that, the kernel ends a process of the server, and PostgreSQL restarts all sessions.",
          remedy: "Fewer connections with a pool in front of them, or less `work_mem` for all and more for the roles of reports (ALTER ROLE … SET work_mem).",
          doubt: `${memory.from}; hardly ever do all connections sort at once`,
          places: [
            settingSpot("max_connections", String(most)),
            settingSpot("work_mem", formatBytes(area)),
            settingSpot("shared_buffers", formatBytes(shared)),
          ],
          evidence: [catalogEvidence(database, { needed: need, memory: memory.bytes, sharedBuffers: shared })],
          fixes: [],
        },
      ],
      examined,
    );
  },
);

/** `effective_cache_size` is what the operator told the planner of the memory for caches; its default says nothing. */
function memoryOf(database: Database, thresholds: Readonly<Record<string, number>>): { readonly bytes: number; readonly from: string } | null {
  const given = thresholds["CONN-D09.memory-gb"];
  if (given !== undefined) return { bytes: given * GB, from: "the memory is what the threshold CONN-D09.memory-gb says" };
  const { memoryBytes, memorySaid } = machineOf(database, thresholds);
  if (memoryBytes !== null) return { bytes: memoryBytes, from: `the memory was ${memorySaid}` };
  const setting = database.server.settings.find(({ name }) => name === "effective_cache_size");
  const bytes = database.settingNumber("effective_cache_size");
  if (setting === undefined || setting.source === "default" || bytes === null) return null;
  // Of what is not taken by caches, a quarter more: the usual three quarters of all memory.
  return {
    bytes: Math.round((bytes * 4) / 3),
    from: `the memory is taken from \`effective_cache_size\` (${formatBytes(bytes)}), which is usually three quarters of it`,
  };
}
