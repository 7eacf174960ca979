/** What a server runs on, from files that a superuser may read on it. */
import type { Machine, Server } from "../../model/index.ts";
import * as q from "./counter-queries.ts";
import type { Probe } from "./probe.ts";
import { textOrNull, type Row } from "./row-values.ts";

/** Null for a role that may not, and for what is no Linux: managed servers never tell. */
export async function readMachine(probe: Probe, { superuser }: Server["user"]): Promise<Machine | null> {
  if (!superuser) return null;
  const [row = {}] = await probe.rows<Row>("machine", q.MACHINE, [], {
    cost: "memory and cores of the server are not known",
    remedy: "say them with --ram and --cores",
  });
  return machineOf(row);
}

export function machineOf(row: Row): Machine | null {
  const memoryBytes = least(memoryOf(textOrNull(row, "memory")), limitOf(textOrNull(row, "memory_limit")));
  const cores = least(coresOf(textOrNull(row, "cores")), quotaOf(textOrNull(row, "cpu_limit")));
  return memoryBytes === null && cores === null ? null : { memoryBytes, cores, by: "server" };
}

function least(...figures: readonly (number | null)[]): number | null {
  const known = figures.flatMap((one) => one ?? []);
  return known.length === 0 ? null : Math.min(...known);
}

const KILOBYTE = 1024;

/** `MemTotal:       24041684 kB` */
function memoryOf(text: string | null): number | null {
  const [, kilobytes] = /^MemTotal:\s+(\d+) kB/m.exec(text ?? "") ?? [];
  return kilobytes === undefined ? null : Number(kilobytes) * KILOBYTE;
}

/** `0-3,6` */
function coresOf(text: string | null): number | null {
  if (text === null || !/^[\d,-]+\s*$/.test(text)) return null;
  return text
    .trim()
    .split(",")
    .reduce((sum, range) => {
      const [first = 0, last = first] = range.split("-").map(Number);
      return sum + last - first + 1;
    }, 0);
}

/** `max` for none. */
function limitOf(text: string | null): number | null {
  const [, bytes] = /^(\d+)\s*$/.exec(text ?? "") ?? [];
  return bytes === undefined ? null : Number(bytes);
}

/** `200000 100000`: microseconds of each so many. */
function quotaOf(text: string | null): number | null {
  const [, quota, period] = /^(\d+) (\d+)\s*$/.exec(text ?? "") ?? [];
  return quota === undefined ? null : Number(quota) / Number(period);
}
