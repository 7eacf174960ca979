/** End of the quoted string that begins at `start`; 0 where there is none. A pattern would overflow on a long one. */
export function endOfQuoted(text: string, start: number): number {
  const quote = text.charAt(start);
  if (quote !== '"' && quote !== "'") return 0;
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\\") at++;
    else if (char === quote) return at + 1;
  }
  return 0;
}
