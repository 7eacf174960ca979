import type { Evidence } from "../../model/index.ts";

export const SOURCE_EVIDENCE: Evidence = { kind: "inferred", note: "read in the source; nothing was recorded of it" };
