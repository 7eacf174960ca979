/** `parameters: $1 = 'it''s', $2 = NULL`, as DETAIL has it; `Parameters:` from PostgreSQL 16 on. A value that the server cut ends in `...`. */
export function readParameters(detail: string): string[] {
  const head = /^(?:parameters|Parameters|Query Parameters): /.exec(detail);
  if (head === null) return [];
  const found: string[] = [];
  for (let at = head[0].length; at < detail.length;) {
    const start = /\$\d+ = /y;
    start.lastIndex = at;
    const name = start.exec(detail);
    if (name === null) break;
    const value = readValue(detail, start.lastIndex);
    found.push(value.text);
    at = detail.startsWith(", ", value.end) ? value.end + 2 : detail.length;
  }
  return found;
}

function readValue(detail: string, start: number): { readonly text: string; readonly end: number } {
  if (detail[start] !== "'") {
    const comma = detail.indexOf(", $", start);
    const end = comma < 0 ? detail.length : comma;
    return { text: detail.slice(start, end), end };
  }
  const close = closingQuote(detail, start);
  const text = detail.slice(start + 1, close).replaceAll("''", "'");
  return detail.startsWith("...", close + 1) ? { text: `${text}...`, end: close + 4 } : { text, end: close + 1 };
}

function closingQuote(detail: string, start: number): number {
  for (let at = start + 1; at < detail.length; at += 1) {
    if (detail[at] !== "'") continue;
    if (detail[at + 1] !== "'") return at;
    at += 1;
  }
  return detail.length;
}
