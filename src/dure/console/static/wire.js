// Canonical bytes (docs/spec/encoding.md): MessagePack in its shortest form, of the shapes that the ledger knows.
// null, booleans, integers from 0 on, text, bytes (Uint8Array) and arrays. Anything else is a mistake here and throws.

const text = new TextEncoder();

export function encode(value) {
  const parts = [];
  write(parts, value);
  return join(parts);
}

export function join(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    bytes.set(part, place);
    place += part.length;
  }
  return bytes;
}

export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromHex(digits) {
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new RangeError("not hexadecimal");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function write(parts, value) {
  if (value === null) parts.push([0xc0]);
  else if (typeof value === "boolean") parts.push([value ? 0xc3 : 0xc2]);
  else if (typeof value === "bigint") writeInteger(parts, value);
  else if (Number.isSafeInteger(value)) writeInteger(parts, BigInt(value));
  else if (typeof value === "string") {
    const bytes = text.encode(value);
    writeLength(parts, bytes.length, [0xa0, 31], [0xd9, 0xda, 0xdb]);
    parts.push(bytes);
  } else if (value instanceof Uint8Array) {
    writeLength(parts, value.length, null, [0xc4, 0xc5, 0xc6]);
    parts.push(value);
  } else if (Array.isArray(value)) {
    writeLength(parts, value.length, [0x90, 15], [null, 0xdc, 0xdd]);
    for (const each of value) write(parts, each);
  } else throw new TypeError("no such value on the wire");
}

function writeInteger(parts, value) {
  if (value < 0n || value >= 1n << 63n) throw new RangeError("an integer lies between 0 and 2^63 - 1");
  if (value < 128n) parts.push([Number(value)]);
  else {
    const size = [1, 2, 4, 8].find((bytes) => value < 1n << BigInt(8 * bytes));
    parts.push([0xcc + Math.log2(size)], toBytes(value, size));
  }
}

// `small` is the mark of lengths that fit into it, and the longest of them; `marks` those of 1, 2 and 4 bytes.
function writeLength(parts, length, small, marks) {
  if (small && length <= small[1]) parts.push([small[0] | length]);
  else if (marks[0] !== null && length < 0x100) parts.push([marks[0], length]);
  else if (length < 0x10000) parts.push([marks[1]], toBytes(BigInt(length), 2));
  else parts.push([marks[2]], toBytes(BigInt(length), 4));
}

function toBytes(value, size) {
  return Uint8Array.from({ length: size }, (_, place) => Number((value >> BigInt(8 * (size - 1 - place))) & 255n));
}
