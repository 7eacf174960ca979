/** A plan of EXPLAIN (FORMAT JSON), from a file or from auto_explain's log. Times in milliseconds, sizes in bytes, blocks in pages. */
export interface Plan {
  /** The statement, where the source says it. */
  readonly sql: string | null;
  readonly source: { readonly file: string; readonly line: number };
  readonly root: PlanNode;
  readonly planningMs: number | null;
  readonly executionMs: number | null;
  /** Of the run: rows made into text and sent. Null where it was not run, or nothing was sent: EXPLAIN (ANALYZE) sends none but with SERIALIZE, and a log's duration has it. */
  readonly sendingMs: number | null;
  /** JIT compilation altogether. */
  readonly jitMs: number | null;
  readonly triggers: readonly { readonly name: string; readonly relation: string | null; readonly ms: number; readonly calls: number }[];
  /** It was run (ANALYZE), so that actual figures are there. */
  readonly isAnalyzed: boolean;
  /** Id of the workload's statement of the same shape, once it was looked for; null for none. */
  readonly statement?: string | null;
  /** A hash of the statement's shape: equal for plans of one statement with other values. */
  readonly fingerprint?: string | null;
}

export interface PlanNode {
  /** `Seq Scan`, `Index Scan`, `Nested Loop`, … */
  readonly type: string;
  readonly relation: string | null;
  readonly schema: string | null;
  readonly alias: string | null;
  readonly index: string | null;
  readonly parent: string | null;
  readonly joinType: string | null;
  readonly strategy: string | null;
  readonly subplan: string | null;
  readonly cost: { readonly startup: number; readonly total: number };
  /** Estimated rows a loop, and their width in bytes. */
  readonly planRows: number;
  readonly planWidth: number;
  /** A loop's rows, as EXPLAIN says them; null when not run. */
  readonly actualRows: number | null;
  readonly loops: number | null;
  /** Of one loop. */
  readonly actualMs: number | null;
  readonly conditions: {
    readonly index: string | null;
    readonly recheck: string | null;
    readonly filter: string | null;
    readonly join: string | null;
    readonly hash: string | null;
    readonly merge: string | null;
  };
  /** Of one loop, rounded by EXPLAIN. */
  readonly removedByFilter: number | null;
  readonly removedByJoinFilter: number | null;
  readonly removedByRecheck: number | null;
  readonly heapFetches: number | null;
  readonly exactBlocks: number | null;
  readonly lossyBlocks: number | null;
  readonly sort: { readonly keys: readonly string[]; readonly method: string | null; readonly spaceKb: number | null; readonly space: string | null } | null;
  readonly hash: { readonly batches: number; readonly originalBatches: number; readonly memoryKb: number; readonly diskKb: number } | null;
  readonly cache: { readonly hits: number; readonly misses: number; readonly evictions: number } | null;
  readonly workersPlanned: number | null;
  readonly workersLaunched: number | null;
  readonly subplansRemoved: number | null;
  readonly blocks: {
    readonly hit: number;
    readonly read: number;
    readonly dirtied: number;
    readonly written: number;
    readonly tempRead: number;
    readonly tempWritten: number;
  } | null;
  readonly readMs: number | null;
  readonly children: readonly PlanNode[];
  /** Everything that EXPLAIN said of the node, for what has no name above. */
  readonly raw: Readonly<Record<string, unknown>>;
}
