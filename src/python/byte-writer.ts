/** Grows as it is written to. Numbers are 32-bit, seven bits a byte, low bits first. */
export class ByteWriter {
  length = 0;
  #bytes: Uint8Array;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** The smaller the number, the fewer the bytes; negative ones take five. */
  unsigned(value: number): void {
    if (this.length + 5 > this.#bytes.length) this.#grow(5);
    const bytes = this.#bytes;
    let rest = value;
    while (rest < 0 || rest > 0x7f) {
      bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.length++] = rest;
  }

  signed(value: number): void {
    this.unsigned((value << 1) ^ (value >> 31));
  }

  /** Leaves room for four bytes, and tells where. */
  reserve(): number {
    if (this.length + 4 > this.#bytes.length) this.#grow(4);
    this.length += 4;
    return this.length - 4;
  }

  /** Fills what `reserve` left. */
  fill(at: number, value: number): void {
    for (let byte = 0; byte < 4; byte++) this.#bytes[at + byte] = value >>> (8 * byte);
  }

  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A copy of what was written, in a buffer of its own that can be transferred. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  #grow(room: number): void {
    const bytes = new Uint8Array(2 * this.#bytes.length + room);
    bytes.set(this.#bytes.subarray(0, this.length));
    this.#bytes = bytes;
  }
}
