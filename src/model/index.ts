export type * from "./config.ts";
export type * from "./finding.ts";
export type * from "./ir.ts";
export type * from "./project.ts";
export type * from "./report.ts";
export type * from "./rule-meta.ts";
export type * from "./span.ts";
export type * from "./facts.ts";
export { UsageError } from "./usage-error.ts";
