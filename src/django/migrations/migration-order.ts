/** The graph of migrations: an order in which they can run, and where each app's branches end. */
import type { Migration, MigrationName } from "../../model/index.ts";

const keyOf = ({ app, name }: MigrationName): string => `${app}.${name}`;

/** Without those that a squashed one stands for: their followers follow it. */
export function withoutReplaced(all: readonly Migration[]): readonly Migration[] {
  const standIns = new Map<string, Migration>(all.flatMap((one) => one.replaces.map((replaced) => [keyOf(replaced), one] as const)));
  const current = (name: MigrationName): MigrationName => {
    const found = standIns.get(keyOf(name));
    return found === undefined ? name : { app: found.app, name: found.name };
  };
  return all
    .filter((one) => !standIns.has(keyOf(one)))
    .map((one) => ({
      ...one,
      dependencies: one.dependencies.map(current).filter((each) => keyOf(each) !== keyOf(one)),
      runBefore: one.runBefore.map(current),
    }));
}

/** Depth first along the dependencies; a circle, which Django would refuse, is cut where it closes. */
export function inOrder(migrations: readonly Migration[]): readonly Migration[] {
  const sorted = migrations.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const befores = dependenciesOf(sorted);
  const done = new Set<Migration>();
  const visit = (one: Migration): void => {
    if (done.has(one)) return;
    done.add(one);
    for (const before of befores.get(one) ?? []) visit(before);
    ordered.push(one);
  };
  const ordered: Migration[] = [];
  for (const one of sorted) visit(one);
  return ordered;
}

function dependenciesOf(migrations: readonly Migration[]): ReadonlyMap<Migration, readonly Migration[]> {
  const byKey = new Map(migrations.map((one) => [keyOf(one), one]));
  const find = ({ app, name }: MigrationName): readonly Migration[] => {
    if (name === "__first__") return migrations.filter((one) => one.app === app && !one.dependencies.some((each) => each.app === app));
    if (name === "__latest__") return leavesAmong(migrations, app);
    const found = byKey.get(`${app}.${name}`);
    return found === undefined ? [] : [found];
  };
  const befores = new Map(migrations.map((one) => [one, one.dependencies.flatMap(find)]));
  for (const one of migrations) for (const later of one.runBefore.flatMap(find)) befores.set(later, [...(befores.get(later) ?? []), one]);
  return befores;
}

/** As Django's loader takes them: those of the app that no other of the same app depends on. */
export function leavesAmong(migrations: readonly Migration[], app: string): readonly Migration[] {
  const own = migrations.filter((one) => one.app === app);
  const followed = new Set(own.flatMap((one) => one.dependencies.filter((each) => each.app === app).map((each) => each.name)));
  return own.filter((one) => !followed.has(one.name));
}
