import type { Rung } from "./finding.ts";
import type { PlanNode } from "./plan.ts";

/** A drawing as data. The question is its title, the answer its caption; without an answer it is not drawn. */
export interface PlotHead {
  readonly question: string;
  readonly answer: string;
  /** Where the figures come from: `pg_stat_statements, 18 days`. */
  readonly source: string;
  /** The finding whose evidence it is: it is drawn there. */
  readonly finding?: string;
}

export type Plot = PlotHead &
  (BarsPlot | SplitPlot | ConnectionsPlot | TtlPlot | IndexMapPlot | ModelsPlot | WaterfallPlot | PlansPlot | DeadRowsPlot | EndpointsPlot | SizesPlot);

export interface BarsPlot {
  readonly kind: "bars";
  readonly unit: string;
  /** What the bars are shares of, in their unit; their sum where it is absent. */
  readonly whole?: number;
  /** `found` is drawn in the accent, `other` in grey. */
  readonly bars: readonly {
    readonly label: string;
    readonly value: number;
    readonly tone: "found" | "other";
    /** In the value's unit: what the changes of this kind remove, be it counted here or with another bar. */
    readonly removed?: number;
    readonly note?: string;
    readonly finding?: string;
  }[];
}

/** What the changes remove, by how sure that is, and what remains. */
export interface SplitPlot {
  readonly kind: "split";
  readonly unit: string;
  readonly parts: readonly { readonly rung: Rung | "remain"; readonly value: number }[];
  /** What goes at least and at most, where that is not one figure. */
  readonly range: { readonly low: number; readonly high: number } | null;
}

/** Connections that the application can ask for, against what the server allows. */
export interface ConnectionsPlot {
  readonly kind: "connections";
  readonly limit: number | null;
  readonly limitNote: string;
  readonly stacks: readonly { readonly label: string; readonly parts: readonly { readonly label: string; readonly count: number }[] }[];
  /** Most that were seen at once. */
  readonly peak: number | null;
}

/** Shares are 0 to 1; all lists are as long as `seconds`. */
export interface TtlPlot {
  readonly kind: "ttl";
  readonly label: string;
  readonly seconds: readonly number[];
  readonly hits: readonly number[];
  readonly stale: readonly number[];
  readonly breakEven: number;
  readonly chosen: number | null;
}

export interface IndexMapPlot {
  readonly kind: "index-map";
  readonly table: string;
  readonly columns: readonly string[];
  /** `=` equality, `<` range, `↓` order. */
  readonly statements: readonly {
    readonly id: string;
    readonly label: string;
    readonly share: number | null;
    readonly marks: readonly { readonly column: string; readonly mark: "=" | "<" | "↓" }[];
  }[];
  readonly indexes: readonly {
    readonly name: string;
    readonly positions: readonly { readonly column: string; readonly position: number | "include" }[];
    readonly verdict: "keep" | "drop" | "add" | "unjudged";
    readonly bytes: number | null;
    readonly scans: number | null;
    readonly why: string;
  }[];
}

export interface ModelsPlot {
  readonly kind: "models";
  readonly models: readonly { readonly label: string; readonly rows: number | null }[];
  readonly edges: readonly {
    /** Model that holds the key, and the model that it points to. */
    readonly child: string;
    readonly parent: string;
    readonly field: string;
    /** Seconds of database time a minute; null where it is not known. */
    readonly weight: number | null;
    readonly manner: "per-row" | "joined" | "not-followed";
    readonly finding?: string;
  }[];
}

/** Milliseconds since the request began. */
export interface WaterfallPlot {
  readonly kind: "waterfall";
  readonly label: string;
  readonly duration: number;
  readonly statements: readonly {
    readonly at: number;
    readonly duration: number;
    readonly label: string;
    readonly sql: string;
    /** Statements of one loop share it. */ readonly group: string | null;
    readonly place: string | null;
  }[];
  /** Statements after the last one that was kept. */
  readonly more: number;
}

export interface PlansPlot {
  readonly kind: "plans";
  readonly statement: string;
  readonly before: DrawnPlan;
  readonly after: DrawnPlan | null;
  /** The change that leads from one to the other, as SQL. */
  readonly change: string;
}

export interface DrawnPlan {
  readonly title: string;
  readonly root: PlanNode;
  /** As EXPLAIN (FORMAT JSON) wrote it, for the whole plan's drawing; null where only the nodes are known. */
  readonly json: string | null;
  /** Milliseconds were measured, or costs estimated. */
  readonly basis: "time" | "cost";
}

export interface DeadRowsPlot {
  readonly kind: "dead-rows";
  readonly tables: readonly { readonly name: string; readonly trigger: number; readonly points: readonly { readonly at: string; readonly dead: number }[] }[];
}

export interface EndpointsPlot {
  readonly kind: "endpoints";
  readonly endpoints: readonly {
    readonly label: string;
    readonly points: readonly { readonly rows: number; readonly queries: number }[];
    readonly slope: number | null;
  }[];
}

/** Tables by size: bytes of rows, of indexes, of TOAST. */
export interface SizesPlot {
  readonly kind: "sizes";
  readonly tables: readonly {
    readonly name: string;
    readonly rows: number | null;
    readonly heap: number;
    readonly indexes: number;
    readonly toast: number;
    /** At the look before. */ readonly earlier: number | null;
  }[];
}
