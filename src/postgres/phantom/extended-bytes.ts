/**
 * Data of extended statistics as the server stores it, with the numbers that another server gives to the same columns, types and labels.
 * The layouts have been the same since 13 (`statistics/mvdistinct.c`, `dependencies.c`, `mcv.c`); a length before them is not part of the bytes.
 */

const HEADER = 12;

/** Combinations with their number of distinct values: `float8`, a count, and so many `int2`. */
export function renumberDistinct(bytes: Buffer, columns: ReadonlyMap<number, number>): Buffer {
  return renumber(bytes, columns, (copy, at) => ({ count: copy.readInt32LE(at + 8), at: at + 12 }));
}

/** Degrees of dependency: `float8`, an `int2` as count, and so many `int2`. */
export function renumberDependencies(bytes: Buffer, columns: ReadonlyMap<number, number>): Buffer {
  return renumber(bytes, columns, (copy, at) => ({ count: copy.readInt16LE(at + 8), at: at + 10 }));
}

function renumber(
  bytes: Buffer,
  columns: ReadonlyMap<number, number>,
  open: (bytes: Buffer, at: number) => { readonly count: number; readonly at: number },
): Buffer {
  const copy = Buffer.from(bytes);
  let at = HEADER;
  for (let item = copy.readUInt32LE(8); item > 0; item -= 1) {
    const { count, at: first } = open(copy, at);
    for (let index = 0; index < count; index += 1) {
      const place = first + 2 * index;
      copy.writeInt16LE(columns.get(copy.readInt16LE(place)) ?? copy.readInt16LE(place), place);
    }
    at = first + 2 * count;
  }
  return copy;
}

export interface TypeNumbers {
  /** Oids of types, and of enums' labels, there and here. */
  readonly types: ReadonlyMap<number, number>;
  readonly labels: ReadonlyMap<number, number>;
  /** Oids there of the types whose values are labels. */
  readonly enums: ReadonlySet<number>;
}

const DIMENSION = 20;

/** A list of common combinations: types of the columns, then how many values each has and their bytes, then the values. */
export function renumberValues(bytes: Buffer, { types, labels, enums }: TypeNumbers): Buffer {
  const copy = Buffer.from(bytes);
  const columns = copy.readInt16LE(12);
  const typeAt = (index: number): number => 14 + 4 * index;
  const dimensionAt = (index: number): number => typeAt(columns) + DIMENSION * index;
  let values = dimensionAt(columns);
  for (let index = 0; index < columns; index += 1) {
    const type = copy.readUInt32LE(typeAt(index));
    copy.writeUInt32LE(types.get(type) ?? type, typeAt(index));
    const [count, length] = [copy.readInt32LE(dimensionAt(index)), copy.readInt32LE(dimensionAt(index) + 4)];
    for (let place = values; enums.has(type) && place < values + 4 * count; place += 4) copy.writeUInt32LE(labels.get(copy.readUInt32LE(place)) ?? 0, place);
    values += length;
  }
  return copy;
}
