/** What the server runs on, as far as anybody said. */
import type { Database } from "../../model/index.ts";

export interface KnownMachine {
  readonly memoryBytes: number | null;
  readonly cores: number | null;
  /** `said with --ram`, `read from its /proc/meminfo`; empty where nothing is known. */
  readonly memorySaid: string;
  readonly coresSaid: string;
}

/** Thresholds `server.ram` (bytes) and `server.cores` say it of a snapshot that does not. */
export function machineOf({ server: { machine = null } }: Database, thresholds: Readonly<Record<string, number>>): KnownMachine {
  const ram = thresholds["server.ram"];
  const cores = thresholds["server.cores"];
  const said = machine?.by === "option" ? "said" : "read";
  return {
    memoryBytes: ram ?? machine?.memoryBytes ?? null,
    cores: cores ?? machine?.cores ?? null,
    memorySaid:
      ram !== undefined
        ? "said by the threshold server.ram"
        : machine?.memoryBytes == null
          ? ""
          : said === "said"
            ? "said with --ram"
            : "read from the server's /proc/meminfo and its container's limit",
    coresSaid:
      cores !== undefined
        ? "said by the threshold server.cores"
        : machine?.cores == null
          ? ""
          : said === "said"
            ? "said with --cores"
            : "read from the server's kernel and its container's limit",
  };
}

/** In every sentence that would need it. */
export const RAM_UNKNOWN = "The server's memory is not known: `luthier snapshot --ram 16GB` says it.";

const KB = 1024;
const MB = KB * 1024;
const GB = MB * 1024;

/** As a setting is written, rounded down to what a person would write: `128MB`, `1.5GB` as `1536MB`. */
export function settingText(bytes: number): string {
  if (bytes >= GB && bytes % GB === 0) return `${bytes / GB}GB`;
  if (bytes >= MB && bytes % MB === 0) return `${bytes / MB}MB`;
  if (bytes >= MB) return `${Math.round(bytes / MB)}MB`;
  return `${Math.round(bytes / KB)}kB`;
}

/** The next lower size that has one or two binary digits: 3 GB of 3.4, 96 MB of 100. */
export function roundDown(bytes: number): number {
  const power = 2 ** Math.floor(Math.log2(Math.max(KB, bytes)));
  return bytes >= power * 1.5 ? power * 1.5 : power;
}

export function roundUp(bytes: number): number {
  const down = roundDown(bytes);
  if (down >= bytes) return down;
  const power = 2 ** Math.floor(Math.log2(down));
  return down > power ? power * 2 : power * 1.5;
}
