/**
 * A map that keeps what was set lately: at least `least` entries, at most twice as many. Two maps take turns, since a
 * `Map` that loses its oldest entry again and again has to look for the next one among those it lost.
 */
export class Recent<K, V> {
  private young = new Map<K, V>();
  private old = new Map<K, V>();
  private readonly least: number;

  constructor(least: number) {
    this.least = least;
  }

  get(key: K): V | undefined {
    return this.young.get(key) ?? this.old.get(key);
  }

  set(key: K, value: V): void {
    this.young.set(key, value);
    if (this.young.size < this.least) return;
    this.old = this.young;
    this.young = new Map();
  }
}
