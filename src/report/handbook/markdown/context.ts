import type { Finding } from "../../../model/finding.ts";
import type { Handbook } from "../../../model/handbook.ts";
import { pageOf } from "../../../handbook/outline.ts";
import type { RenderContext } from "../../render-context.ts";

/** What the pages need beside the handbook. `pathPrefix` leads from the handbook's folder to the project's root. */
export interface MarkdownContext extends RenderContext {
  /** From the project's root to the handbook's folder, for commands: `.luthier/handbook`. */
  readonly folder: string;
  /** Style of drawings that stand beside the pages. */
  readonly plotStyle: string;
}

export interface Pages {
  readonly handbook: Handbook;
  readonly context: MarkdownContext;
  readonly findings: ReadonlyMap<string, Finding>;
}

/** Letters and digits only, whatever the id is made of. */
export function anchorOf(handbook: Pick<Handbook, "shortIds">, id: string): string {
  return safeName(handbook.shortIds.get(id) ?? id.slice(0, 8));
}

export const safeName = (text: string): string => text.replaceAll(/[^A-Za-z0-9-]/g, (one) => `_${(one.codePointAt(0) ?? 0).toString(16)}`);

/** `n1-analysis.md#k3f9`, from any page. */
export function findingHref(handbook: Handbook, finding: Pick<Finding, "id" | "chapter">): string {
  return `${pageOf(finding.chapter)}#${anchorOf(handbook, finding.id)}`;
}
