/**
 * Whether an index's condition holds for no row in which the column is null: it asks for that, or compares the column. Of conditions with OR, NOT or CASE nothing is said.
 *
 * @example
 * leavesOutNulls("((seen IS NOT NULL) AND is_active)", "seen") // true
 */
export function leavesOutNulls(predicate: string | null, column: string): boolean {
  if (predicate === null || /\b(?:OR|CASE)\b|\bNOT\b(?! NULL)/.test(predicate)) return false;
  const name = column.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&");
  return new RegExp(`(?:^|[( ])${name}\\)?(?:::[a-z ]+)? (?:IS NOT NULL|<>|[<>]=?|=)(?: |\\)|$)`).test(predicate);
}
