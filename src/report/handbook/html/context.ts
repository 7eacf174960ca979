import type { Finding } from "../../../model/finding.ts";
import type { RenderContext } from "../../render-context.ts";

/** Style, script and the drawing of whole plans that a page carries in itself. */
export interface HandbookAssets {
  readonly style: string;
  readonly script: string;
  /** A page that draws one plan, compressed (gzip) and in base64; empty to leave it out. */
  readonly planPage: string;
}

/** What the page needs beside the handbook. `pathPrefix` leads from the handbook's folder to the project's root. */
export interface HandbookContext extends RenderContext {
  readonly assets: HandbookAssets;
  /** Where a finding stands in the Markdown pages, relative to the handbook's folder: `n1-analysis.md#k3f9`. Null for nowhere. */
  readonly findingPage?: (finding: Finding) => string | null;
  /** Pages to name at the end, with their titles: `introduction.md`. */
  readonly pages?: readonly { readonly file: string; readonly title: string }[];
}
