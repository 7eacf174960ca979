/** A number of 52 bits for a text: two FNV-1a hashes of 26 bits, enough that a few million texts do not meet. */
export function hashText(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x1000193;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.codePointAt(at) ?? 0;
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ (unit + at), 0x01000193);
  }
  return (low >>> 6) * 2 ** 26 + (high >>> 6);
}
