/** What active sessions wait for, once a second while an interval lasts. */
import type { WaitSamples } from "../../model/index.ts";
import { waitSample } from "./counter-queries.ts";
import type { Probe } from "./probe.ts";
import { flag, number, text, textOrNull, type Row } from "./row-values.ts";

export interface WaitSource {
  readonly probe: Probe;
  readonly connection: { readonly version: number; readonly broken: () => string | null };
}

/** The usual rate of samplers of sessions; one sample reads shared memory and no table. */
const EVERY_MS = 1000;

/** Resolves when the interval is over. Null where not one sample could be taken, which is a gap. */
export async function sampleWaits({ probe, connection }: WaitSource, interval: number): Promise<WaitSamples | null> {
  const from = Date.now();
  const rows: Row[][] = [];
  for (let at = from; at < from + interval; at += EVERY_MS) {
    if (connection.broken() === null) {
      const [sample] = await probe.rows<{ rows: Row[] }>("waits", waitSample(connection.version), [], { cost: "what the server waits for is not known" });
      if (sample !== undefined) rows.push(sample.rows);
    }
    await pause(Math.max(0, Math.min(at + EVERY_MS, from + interval) - Date.now()));
  }
  return rows.length === 0 ? null : { from: new Date(from).toISOString(), to: new Date().toISOString(), ...addUp(rows) };
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

type Sums = Omit<WaitSamples, "from" | "to">;

export function addUp(samples: readonly (readonly Row[])[]): Sums {
  const waits = new Map<string, { type: string; event: string; statement: string | null; count: number }>();
  for (const row of samples.flat()) {
    if (text(row, "state") !== "active") continue;
    const one = { type: text(row, "type"), event: text(row, "event"), statement: textOrNull(row, "statement"), count: number(row, "count") };
    const key = `${one.type} ${one.event} ${one.statement ?? ""}`;
    const known = waits.get(key);
    if (known === undefined) waits.set(key, one);
    else known.count += one.count;
  }
  const clients = (row: Row): boolean => flag(row, "is_client");
  return {
    samples: samples.length,
    hidden: samples.filter((rows) => rows.some((row) => text(row, "state") === "hidden")).length,
    waits: [...waits.values()].toSorted((a, b) => b.count - a.count || (a.event < b.event ? -1 : 1)),
    sessions: spread(samples, clients),
    active: spread(samples, (row) => text(row, "state") === "active"),
    idleInTransaction: spread(samples, (row) => text(row, "state").startsWith("idle in transaction")),
  };
}

function spread(samples: readonly (readonly Row[])[], counts: (row: Row) => boolean): { mean: number; most: number } {
  const sums = samples.map((rows) => rows.filter(counts).reduce((sum, row) => sum + number(row, "count"), 0));
  return { mean: sums.reduce((sum, one) => sum + one, 0) / Math.max(1, sums.length), most: Math.max(0, ...sums) };
}
