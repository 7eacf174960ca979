/** Degrees of dependency between two columns as the server stores them (`statext_dependencies_serialize` in `dependencies.c`): the same since 13. */

const MAGIC = 0xb454_9a2c;
const BASIC = 1;
const COLUMNS = 2;

/** Hexadecimal digits of a number of the server's in two bytes, the lower one first. */
const twoBytes = (number: string): string =>
  `pg_catalog.lpad(pg_catalog.to_hex((${number} & 255)::pg_catalog.int4), 2, '0') || pg_catalog.lpad(pg_catalog.to_hex((${number} >> 8)::pg_catalog.int4), 2, '0')`;

/** SQL of how far the one column decides the other, 0 to 1, in both directions. `one` and `other` are SQL of the columns' numbers. */
export function dependencySql(degree: number, one: string, other: string): string {
  const head = Buffer.alloc(12);
  [MAGIC, BASIC, 2].forEach((value, index) => head.writeUInt32LE(value, index * 4));
  const item = Buffer.alloc(10);
  item.writeDoubleLE(degree, 0);
  item.writeInt16LE(COLUMNS, 8);
  const direction = (from: string, to: string): string => `'${item.toString("hex")}' || ${twoBytes(from)} || ${twoBytes(to)}`;
  return `pg_catalog.decode('${head.toString("hex")}' || ${direction(one, other)} || ${direction(other, one)}, 'hex')::pg_catalog.pg_dependencies`;
}
