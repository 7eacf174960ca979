/** How long a change takes, from the sizes in the catalog. */
import type { Table } from "../../model/index.ts";

/** What a gp3 volume reads and writes a second unless more is paid for (AWS, Amazon EBS volume types: 125 MiB/s); local disks do more. */
const DISK_BYTES_PER_SECOND = 125 * 1024 * 1024;

/** Passes over the table's bytes. Building an index concurrently reads the table twice (PostgreSQL, CREATE INDEX). */
export const PASSES = { build: 1, buildConcurrently: 2, scan: 1, rewrite: 2 } as const;

const MIB = 1024 * 1024;

/** `about 23 s: 1.4 GiB read twice, at an assumed 125 MiB/s`. `passes` is how often the bytes are read or written. */
export function durationOf(bytes: number | null, passes: number, doing: string): string {
  if (bytes === null) return "unknown: the size of the table was not seen";
  const seconds = (bytes * passes) / DISK_BYTES_PER_SECOND;
  return `${inWords(seconds)}: ${sizeInWords(bytes)} ${doing}, at an assumed ${DISK_BYTES_PER_SECOND / MIB} MiB/s`;
}

export const CATALOG_ONLY = "milliseconds once it has its lock: only the catalog changes";

/** Bytes that a scan of the table reads. */
export function heapBytes({ tableBytes, bytes }: Table): number | null {
  return tableBytes ?? bytes;
}

function inWords(seconds: number): string {
  if (seconds < 1) return "1 s or less";
  if (seconds < 90) return `about ${Math.round(seconds)} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${(seconds / 3600).toFixed(1)} h`;
}

function sizeInWords(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** step;
  return `${value >= 10 || step === 0 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}
