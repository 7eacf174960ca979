/** Connections that a shared pool needs for the load that was measured: Erlang's formula for a queue. */

/** Of transactions that find all connections taken. Ours: one in a hundred waits. */
const WAITING = 0.01;
/** Below this a pool has no room for a slow statement: ours. */
const SMALLEST = 5;
/** PgBouncer's own default of default_pool_size. */
export const DEFAULT_SIZE = 20;

/** The probability that an arrival waits, with `servers` connections and `load` of them busy on average (M/M/c). */
export function erlangC(servers: number, load: number): number {
  if (load >= servers) return 1;
  let blocked = 1;
  for (let count = 1; count <= servers; count += 1) blocked = (load * blocked) / (count + load * blocked);
  const busy = load / servers;
  return blocked / (1 - busy + busy * blocked);
}

/** The fewest connections with which no more than one transaction in a hundred waits. */
export function poolSizeFor(load: number): number {
  let size = Math.max(SMALLEST, Math.ceil(load));
  while (erlangC(size, load) > WAITING) size += 1;
  return size;
}

/** A quarter more for bursts: this project's notes, §A.5. */
export const reserveOf = (size: number): number => Math.ceil(size / 4);
