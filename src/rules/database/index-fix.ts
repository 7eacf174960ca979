/** A new index, as SQL. */
import type { DatabaseInput, FixDraft, Table } from "../../model/index.ts";
import { quote } from "./drop-index.ts";

export type IndexKeySpec =
  | { readonly kind: "column"; readonly column: string; readonly descending?: boolean; readonly operatorClass?: string }
  | { readonly kind: "function"; readonly function: "upper" | "lower"; readonly column: string; readonly operatorClass?: string };

export interface Comparison {
  readonly column: string;
  readonly operator: string;
  readonly value?: string | number | boolean;
}

export interface IndexSpec {
  readonly keys: readonly IndexKeySpec[];
  readonly method?: "btree" | "gin" | "brin";
  readonly include?: readonly string[];
  readonly condition?: readonly Comparison[];
}
