/** Where things happen: the place a finding can name, and the path that leads there. */
import { ruledOutAt } from "./byways.ts";
import type { AccessSite } from "./engine.ts";

/** Findings are placed in the project: a read inside a package belongs to the project's call that led to it. */
export function projectSite(site: AccessSite): AccessSite {
  let { span, frame } = site;
  // An adapter that names a place itself (a serializer's field, a column) has said where the read belongs.
  const isNamed = frame.module !== null && span.file !== frame.file;
  while (frame.module !== null && frame.module.origin !== "project" && frame.callSite !== null && frame.caller !== null) {
    if (!isNamed && span.file === frame.file) span = frame.callSite;
    frame = frame.caller;
  }
  return { span, frame };
}

/** Where a person can look: the project's own line, or its class that inherits the method which runs. */
export function ownPlace(site: AccessSite): { readonly file: string; readonly at: number } {
  const { span, frame } = projectSite(site);
  const cls = frame.module !== null && frame.module.origin !== "project" && frame.self?.kind === "object" ? frame.self.cls : null;
  return cls?.module.origin === "project" ? { file: cls.module.ir.file, at: cls.def.start } : { file: frame.file, at: span.start };
}

/** Why the place may never be reached. */
export function placeDoubts(site: Pick<AccessSite, "frame">): readonly string[] {
  const [inPackage, ruledOut] = [packageDoubts(site), ruledOutAt(site.frame)];
  return ruledOut.length === 0 ? inPackage : [...inPackage, ...ruledOut];
}

/** A package's own conditions, on its settings above all, are met or not: the source does not show which. */
function packageDoubts({ frame: at }: Pick<AccessSite, "frame">): readonly string[] {
  let frame = at;
  while (frame.module !== null && frame.module.origin !== "project" && frame.caller !== null) {
    if (frame.module.origin === "installed" && /:(?!loop\b)/.test(frame.branch)) return ["a condition in a package decides whether this is reached"];
    frame = frame.caller;
  }
  return [];
}

export function joinPath(path: string, name: string): string {
  return path === "" ? name : `${path}__${name}`;
}
