/** Something that could not be seen in a database, and what that costs. */
export interface Gap {
  /** A part of the snapshot: `statements`, `statistics`, `metapages`, `replicas`, … */
  readonly part: string;
  /** Address of the server. */
  readonly server: string;
  /** Why: `pg_stat_statements is not installed`. */
  readonly why: string;
  /** What cannot be judged without it. */
  readonly cost: string;
  /** What to do, as a command or a GRANT; empty when nothing can be done. */
  readonly remedy: string;
}
