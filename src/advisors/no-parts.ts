/** An advice that has nothing to show beside its claim. */
import type { Advice } from "../model/advice.ts";

export const NO_PARTS: Pick<Advice, "reasons" | "tables" | "plots" | "artefacts" | "examples"> = {
  reasons: [],
  tables: [],
  plots: [],
  artefacts: [],
  examples: [],
};
