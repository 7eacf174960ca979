import { readFileSync } from "node:fs";

/** The hash of the built program, written by `scripts/build.mjs`; null in a checkout, where nothing is cached. */
export function readBuildStamp(): string | null {
  try {
    return readFileSync(new URL("../build-stamp.txt", import.meta.url), "utf8");
  } catch {
    return null;
  }
}
