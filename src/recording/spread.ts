import type { Spread } from "../model/recording.ts";

/** Values up to this are counted one by one, larger ones in steps of about a hundredth. */
const EXACT = 1000;
const STEP = Math.log(1.01);

/** A distribution in bounded memory. */
export class SpreadCounter {
  private readonly buckets = new Map<number, number>();
  private count = 0;
  private sum = 0;
  private max = 0;

  add(value: number): void {
    this.count += 1;
    this.sum += value;
    if (value > this.max) this.max = value;
    const bucket = bucketOf(value);
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
  }

  result(): Spread {
    return { count: this.count, sum: this.sum, median: this.median(), max: this.max };
  }

  /** The lower of the two middle values. */
  private median(): number {
    let left = Math.ceil(this.count / 2);
    for (const [bucket, count] of [...this.buckets].toSorted(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return Math.min(this.max, valueOf(bucket));
    }
    return 0;
  }
}

function bucketOf(value: number): number {
  return value <= EXACT ? Math.round(value) : EXACT + Math.ceil(Math.log(value / EXACT) / STEP);
}

function valueOf(bucket: number): number {
  return bucket <= EXACT ? bucket : Math.round(EXACT * Math.exp((bucket - EXACT) * STEP));
}
