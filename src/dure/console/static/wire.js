// Canonical bytes (docs/spec/encoding.md): MessagePack in its shortest form, of the shapes that the ledger knows.
// null, booleans, integers of 64 bits, text, bytes (Uint8Array) and arrays. Anything else is a mistake here and throws.
// Whole numbers may be written as numbers or BigInt; they are read as BigInt.

const text = new TextEncoder();
const letters = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const INT_MIN = -(1n << 63n);
const INT_MAX = (1n << 63n) - 1n;
const DEPTH_MAX = 16;
const LENGTH_BYTES = [1, 2, 4];

export function encode(value) {
  const parts = [];
  write(parts, value);
  return join(parts);
}

// Returns the value whose canonical bytes are exactly these; throws `RangeError` for any others.
export function decode(bytes) {
  const reader = { bytes, place: 0 };
  const value = read(reader, 0);
  if (reader.place !== bytes.length) throw new RangeError("bytes follow the value");
  if (!isSame(encode(value), bytes)) throw new RangeError("not the canonical form");
  return value;
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

export function isSame(left, right) {
  return left.length === right.length && left.every((byte, place) => byte === right[place]);
}

// The order of bytes, as of canonical keys: below 0, 0, or above.
export function compare(left, right) {
  const length = Math.min(left.length, right.length);
  for (let place = 0; place < length; place += 1) if (left[place] !== right[place]) return left[place] - right[place];
  return left.length - right.length;
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
    // The encoder would put U+FFFD for half a character, and the person would sign another text.
    if (/\p{Surrogate}/u.test(value)) throw new RangeError("text has whole characters");
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
  if (value < INT_MIN || value > INT_MAX) throw new RangeError("an integer has 64 bits");
  if (value >= -32n && value < 128n) parts.push([Number(BigInt.asUintN(8, value))]);
  else {
    const isSmall = (size) => (value < 0n ? value >= -(1n << BigInt(8 * size - 1)) : value < 1n << BigInt(8 * size));
    const size = [1, 2, 4, 8].find(isSmall);
    parts.push([(value < 0n ? 0xd0 : 0xcc) + Math.log2(size)], toBytes(BigInt.asUintN(64, value), size));
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

// Whether a form is the shortest is not asked here: `decode` writes what was read again and compares.
function read(reader, depth) {
  if (depth > DEPTH_MAX) throw new RangeError("nested too deeply");
  const [mark] = take(reader, 1);
  if (mark < 0x80) return BigInt(mark);
  if (mark >= 0xe0) return BigInt(mark - 0x100);
  if (mark === 0xc0) return null;
  if (mark === 0xc2 || mark === 0xc3) return mark === 0xc3;
  if (mark >= 0xa0 && mark < 0xc0) return readText(reader, mark & 31);
  if (mark >= 0x90 && mark < 0xa0) return readArray(reader, mark & 15, depth);
  if (mark >= 0xc4 && mark <= 0xc6) return take(reader, readLength(reader, mark - 0xc4)).slice();
  if (mark >= 0xcc && mark <= 0xcf) return readInteger(reader, 2 ** (mark - 0xcc));
  if (mark >= 0xd0 && mark <= 0xd3) return BigInt.asIntN(8 * 2 ** (mark - 0xd0), readInteger(reader, 2 ** (mark - 0xd0)));
  if (mark >= 0xd9 && mark <= 0xdb) return readText(reader, readLength(reader, mark - 0xd9));
  if (mark === 0xdc || mark === 0xdd) return readArray(reader, readLength(reader, mark - 0xdb), depth);
  throw new RangeError("no such value on the wire");
}

function readText(reader, length) {
  const bytes = take(reader, length);
  try {
    return letters.decode(bytes);
  } catch {
    throw new RangeError("text is valid UTF-8");
  }
}

function readArray(reader, count, depth) {
  if (count > reader.bytes.length - reader.place) throw new RangeError("the bytes end early");
  return Array.from({ length: count }, () => read(reader, depth + 1));
}

function readLength(reader, place) {
  return Number(readInteger(reader, LENGTH_BYTES[place]));
}

function readInteger(reader, size) {
  return take(reader, size).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function take(reader, count) {
  if (count > reader.bytes.length - reader.place) throw new RangeError("the bytes end early");
  reader.place += count;
  return reader.bytes.subarray(reader.place - count, reader.place);
}
