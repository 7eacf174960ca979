/** Notes every place that sends a statement, with what decides the statement's text. */
import type { SentStatement, SentWhat, Span } from "../model/index.ts";
import type { CallSite, Engine } from "./engine.ts";
import type { Frame } from "./frame.ts";
import { projectSite } from "./sites.ts";

type Site = { readonly span: Span; readonly frame: Frame };

/** `origin`: where the queryset is written; null for what no queryset asks. */
export function noteSent(engine: Engine, what: SentWhat, site: Site, origin: Span | null): void {
  const { span, frame } = projectSite(site);
  const runs = runningSite(site);
  engine.recorder.send({ what, span: runs?.span ?? span, origin: origin ?? span, symbol: frame.symbol }, runs?.frame.depth ?? frame.depth);
}

/** An adapter names the declaration that a framework acts on; the line that runs is the one that called the framework. */
function runningSite({ span, frame }: Site): Site | null {
  const isDeclared = frame.isDeclared === true || (frame.module !== null && span.file !== frame.file);
  if (!isDeclared) return null;
  for (let at: Frame | null = frame; at !== null; at = at.caller) {
    const { caller, callSite } = at;
    if (caller === null || callSite === null) return null;
    if (caller.module === null || caller.module.origin === "project") return { span: callSite, frame: caller };
  }
  return null;
}

/** What a package's function sends is sent again wherever the project calls it. */
export function resend(engine: Engine, sent: readonly SentStatement[], site: CallSite): void {
  if (sent.length === 0) return;
  const { span, frame } = projectSite(site);
  for (const one of sent) {
    const isOwn = one.origin.file === one.span.file && one.origin.start === one.span.start;
    engine.recorder.send({ ...one, span, symbol: frame.symbol, origin: isOwn ? span : one.origin }, frame.depth);
  }
}
