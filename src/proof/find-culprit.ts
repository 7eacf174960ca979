/**
 * The first item whose beginning part of the list is bad, as `git bisect` finds a commit: the list as a whole is bad, and
 * nothing of it is good. Each question is a run of the user's command, so halves are asked for, not items. Items that
 * are bad only together are found too: it is the later one that is named.
 *
 * @example
 * await findCulprit(["a", "b", "c"], async (items) => items.includes("b")); // "b"
 */
export async function findCulprit<T>(items: readonly T[], isBad: (beginning: readonly T[]) => Promise<boolean>): Promise<T | undefined> {
  let [good, bad] = [0, items.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (await isBad(items.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return items[bad - 1];
}
