/** Which writes each way of removing cached values notices, and which it misses. */
import type { WriteKind } from "./write-sites.ts";

export type Strategy = "signals" | "save-only" | "cachalot" | "cacheops" | "on-commit" | "triggers" | "timeout";

/**
 * Read in the sources: cacheops 7.2 (57dc991) hooks pre_save, post_save, post_delete, m2m_changed and bulk_create(), and leaves update(), bulk_update() and SQL;
 * cachalot 2.8.0 (f5609f0) patches the compilers of INSERT, UPDATE and DELETE, and reads the SQL of Django's cursors.
 */
const NOTICED: Readonly<Record<Strategy, ReadonlySet<WriteKind>>> = {
  signals: new Set<WriteKind>(["save", "delete", "cascade", "admin"]),
  "save-only": new Set<WriteKind>(["save", "admin"]),
  cachalot: new Set<WriteKind>(["save", "delete", "update", "bulk_create", "many-to-many", "sql", "cascade", "admin"]),
  cacheops: new Set<WriteKind>(["save", "delete", "bulk_create", "many-to-many", "cascade", "admin"]),
  "on-commit": new Set<WriteKind>(["save", "delete", "update", "bulk_create", "many-to-many", "sql", "cascade", "admin"]),
  triggers: new Set<WriteKind>(["save", "delete", "update", "bulk_create", "many-to-many", "sql", "cascade", "admin"]),
  timeout: new Set<WriteKind>(),
};

export const notices = (strategy: Strategy, kind: WriteKind): boolean => NOTICED[strategy].has(kind);
