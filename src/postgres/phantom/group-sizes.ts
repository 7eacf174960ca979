/** How many rows have equal keys: a B-tree stores their row numbers as one list. */

/** So many values, each with this share of the table's rows. */
export interface ValueClass {
  readonly values: number;
  readonly share: number;
  /** The share is each value's own, not a mean. */
  readonly isExact: boolean;
  readonly isNull?: boolean;
}

/** So many groups of equal keys, of so many rows each. */
export interface GroupClass {
  readonly groups: number;
  readonly rows: number;
  readonly isExact: boolean;
  /** Columns that are null in it, by bits. */
  readonly nulls: number;
}

export interface GroupFacts {
  /** Rows of the table, and of those the ones in the index. */
  readonly tableRows: number;
  readonly rows: number;
  /** By column. */
  readonly columns: readonly (readonly ValueClass[])[];
  /** What is known of the columns together. */
  readonly mostGroups: number | null;
}

/** Classes that are kept when columns are combined. */
const MOST_CLASSES = 120;

/** Both counts are estimates. Ours. */
const TELLS = 1.1;

const isAlike = (one: number, other: number): boolean => Math.max(one, other) <= Math.min(one, other) * TELLS;

/** Groups over columns that know nothing of each other: of a group's rows, some fall on each value of the next column. */
export function groupSizes({ tableRows, rows, columns, mostGroups }: GroupFacts): GroupClass[] {
  const whole: GroupClass = { groups: 1, rows, isExact: true, nulls: 0 };
  // Where one column has as many values as all have together, as a city has its country, its values are the groups.
  const telling =
    mostGroups === null
      ? -1
      : columns.findIndex((values) =>
          isAlike(
            mostGroups,
            values.reduce((sum, one) => sum + one.values, 0),
          ),
        );
  let groups: GroupClass[] = [whole];
  for (const [column, values] of columns.entries())
    if (telling < 0 || column === telling)
      groups = merged(groups.flatMap((one) => values.map((value) => split(one, value, tableRows, column))).filter((one) => one.groups > 1e-9));
  const count = groups.reduce((sum, one) => sum + one.groups, 0);
  if (mostGroups === null || mostGroups >= count) return groups;
  return groups.map((one) => ({ groups: (one.groups * mostGroups) / count, rows: (one.rows * count) / mostGroups, isExact: false, nulls: one.nulls }));
}

/** Whether a value with so many rows of the table is among those of the group is a matter of chance, unless the group is the table. */
function split(group: GroupClass, value: ValueClass, tableRows: number, column: number): GroupClass {
  const part = Math.min(1, group.rows / tableRows);
  const present = part >= 1 ? 1 : -Math.expm1(value.share * tableRows * Math.log1p(-part));
  const groups = group.groups * value.values * present;
  const isWhole = value.isExact && group.isExact;
  return {
    groups,
    rows: groups === 0 ? 0 : Math.max(1, (group.groups * group.rows * value.values * value.share) / groups),
    isExact: isWhole,
    nulls: value.isNull === true ? group.nulls | (1 << column) : group.nulls,
  };
}

/** Those of like size together. */
function merged(groups: readonly GroupClass[]): GroupClass[] {
  if (groups.length <= MOST_CLASSES) return [...groups];
  const classes = new Map<string, GroupClass>();
  for (const one of groups) {
    const key = `${one.isExact} ${one.nulls} ${Math.round(Math.log2(one.rows) * 6)}`;
    const other = classes.get(key);
    if (other === undefined) classes.set(key, one);
    else {
      const total = one.groups + other.groups;
      classes.set(key, { groups: total, rows: (one.groups * one.rows + other.groups * other.rows) / total, isExact: one.isExact, nulls: one.nulls });
    }
  }
  return [...classes.values()];
}
