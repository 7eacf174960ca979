/** Notes every place that sends a statement, with what decides the statement's text. */
import type { SentStatement, SentWhat, Span } from "../model/index.ts";
import type { CallSite, Engine } from "./engine.ts";
import type { Frame } from "./frame.ts";
import { projectSite } from "./sites.ts";

/** `origin`: where the queryset is written; null for what no queryset asks. */
export function noteSent(engine: Engine, what: SentWhat, site: { readonly span: Span; readonly frame: Frame }, origin: Span | null): void {
  const { span, frame } = projectSite(site);
  engine.recorder.send({ what, span, origin: origin ?? span, symbol: frame.symbol }, frame.depth);
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
