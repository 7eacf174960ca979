/** Reads that are mended where they stand, whatever loop comes there: by what a row's write sets off, and of a key that came with the row. */
import type { RuleInput } from "../../model/index.ts";
import { keyColumn } from "../../fixes/key-access.ts";
import type { ToldLoads } from "../load-groups.ts";
import { isSetOffByWrite } from "../set-off.ts";
import { sharedReads, type SharedReads } from "../shared-reads.ts";

export function byHandler(groups: readonly ToldLoads[], input: RuleInput): SharedReads {
  return sharedReads(groups, (group) => isMendedThere(group, input), input);
}

function isMendedThere({ load, loads }: ToldLoads, input: RuleInput): boolean {
  if (load.origin.collected === true) return false;
  return isSetOffByWrite(load.calls, load.access, input) || keyColumn(load, loads, input) !== null;
}
