/** A posix path as the path of an address, each part percent-encoded. */
export function encodePath(path: string): string {
  const wellFormed = path.replaceAll(/\p{Cs}/gu, "\u{fffd}");
  return wellFormed.split("/").map(encodeURIComponent).join("/");
}
