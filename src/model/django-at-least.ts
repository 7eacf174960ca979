/** Is the project's Django this version or a later one? Unknown versions are not. */
export function isAtLeast(version: string | null, major: number, minor: number): boolean {
  const match = /(\d+)\.(\d+)/.exec(version ?? "");
  if (match === null) return false;
  const [, one = "0", two = "0"] = match;
  return Number(one) > major || (Number(one) === major && Number(two) >= minor);
}
