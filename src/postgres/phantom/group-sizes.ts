/** How many rows have equal keys: a B-tree stores their row numbers as one list. */

/** So many values, each with this share of the rows. */
export interface ValueClass {
  readonly values: number;
  readonly share: number;
  /** The share is each value's own, not a mean. */
  readonly isExact: boolean;
}

/** So many groups of equal keys, of so many rows each. */
export interface GroupClass {
  readonly groups: number;
  readonly rows: number;
  readonly isExact: boolean;
}

/** Classes that are kept when columns are combined. */
const MOST_CLASSES = 120;

/**
 * Groups over columns that know nothing of each other: of a group's rows, some fall on each value of the next column. `mostGroups`: what is
 * known of the columns together.
 */
export function groupSizes(rows: number, columns: readonly (readonly ValueClass[])[], mostGroups: number | null): GroupClass[] {
  let groups: GroupClass[] = [{ groups: 1, rows, isExact: true }];
  for (const values of columns) groups = merged(groups.flatMap((one) => values.map((value) => split(one, value))).filter((one) => one.groups > 0));
  const count = groups.reduce((sum, one) => sum + one.groups, 0);
  if (mostGroups === null || mostGroups >= count) return groups;
  return groups.map((one) => ({ groups: (one.groups * mostGroups) / count, rows: (one.rows * count) / mostGroups, isExact: false }));
}

function split(group: GroupClass, value: ValueClass): GroupClass {
  const expected = group.rows * value.share;
  // A value that is said to be everywhere once is there once, whatever chance says.
  const isOnce = value.isExact && value.values > 1 && group.groups === 1;
  const present = isOnce ? Math.min(1, expected) : -Math.expm1(-expected);
  const groups = group.groups * value.values * present;
  return { groups, rows: groups === 0 ? 0 : Math.max(1, (group.groups * group.rows * value.values * value.share) / groups), isExact: value.isExact && group.isExact };
}

/** Those of like size together. */
function merged(groups: readonly GroupClass[]): GroupClass[] {
  if (groups.length <= MOST_CLASSES) return [...groups];
  const classes = new Map<string, GroupClass>();
  for (const one of groups) {
    const key = `${one.isExact} ${Math.round(Math.log2(one.rows) * 6)}`;
    const other = classes.get(key);
    if (other === undefined) classes.set(key, one);
    else {
      const total = one.groups + other.groups;
      classes.set(key, { groups: total, rows: (one.groups * one.rows + other.groups * other.rows) / total, isExact: one.isExact });
    }
  }
  return [...classes.values()];
}
