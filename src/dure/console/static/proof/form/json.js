// JSON read as strictly as a proof file asks. Integers stay whole however long they are, a number with a fraction or an
// exponent is FRACTION and never taken for an integer, and an object is a Map, so that no name in it means anything here.

export const FRACTION = Symbol("a number that is no integer");

const DEPTH_MAX = 512;
const DIGITS_MAX = 20; // Of an integer that may be one of 64 bits.
const WRITTEN_MAX = 4300; // Of any number: as many as Python reads.
const BLANK = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const PLAIN = /[\\\u0000-\u001f]/;
const HALF_A_PAIR = /\p{Surrogate}/u;
const WORDS = [["null", null], ["true", true], ["false", false]];

// Returns the value that `text` writes; throws a SyntaxError.
export function readJson(text) {
  const reader = { text, place: 0 };
  const value = read(reader, 0);
  skip(reader);
  if (reader.place !== text.length) fail(reader);
  return value;
}

function fail(reader) {
  throw new SyntaxError(`at character ${reader.place}`);
}

function skip(reader) {
  BLANK.lastIndex = reader.place;
  BLANK.test(reader.text);
  reader.place = BLANK.lastIndex;
}

function expect(reader, mark) {
  skip(reader);
  if (reader.text[reader.place] !== mark) fail(reader);
  reader.place += 1;
}

function read(reader, depth) {
  if (depth > DEPTH_MAX) fail(reader);
  skip(reader);
  switch (reader.text[reader.place]) {
    case "{": return readObject(reader, depth + 1);
    case "[": return readArray(reader, depth + 1);
    case '"': return readText(reader);
    default: return readWord(reader);
  }
}

function readWord(reader) {
  for (const [word, value] of WORDS) {
    if (reader.text.startsWith(word, reader.place)) {
      reader.place += word.length;
      return value;
    }
  }
  NUMBER.lastIndex = reader.place;
  const found = NUMBER.exec(reader.text);
  if (found === null) fail(reader);
  reader.place = NUMBER.lastIndex;
  const [digits, fraction, exponent] = found;
  if (digits.length > WRITTEN_MAX || ((fraction || exponent) && !Number.isFinite(Number(digits)))) fail(reader);
  return fraction || exponent || digits.length > DIGITS_MAX ? FRACTION : BigInt(digits);
}

function readText(reader) {
  const start = reader.place;
  let end = start;
  do end = reader.text.indexOf('"', end + 1);
  while (end > 0 && countBackslashes(reader.text, end) % 2 === 1);
  if (end < 0) fail(reader);
  const inside = reader.text.slice(start + 1, end);
  reader.place = end + 1;
  if (!PLAIN.test(inside)) return inside;
  const value = JSON.parse(`"${inside}"`);
  if (HALF_A_PAIR.test(value)) fail(reader);
  return value;
}

function countBackslashes(text, end) {
  let start = end;
  while (text[start - 1] === "\\") start -= 1;
  return end - start;
}

function readArray(reader, depth) {
  const items = [];
  readItems(reader, "[", "]", () => items.push(read(reader, depth)));
  return items;
}

function readObject(reader, depth) {
  const fields = new Map();
  readItems(reader, "{", "}", () => {
    skip(reader);
    if (reader.text[reader.place] !== '"') fail(reader);
    const name = readText(reader);
    expect(reader, ":");
    fields.set(name, read(reader, depth));
  });
  return fields;
}

function readItems(reader, first, last, readOne) {
  expect(reader, first);
  skip(reader);
  if (reader.text[reader.place] === last) {
    reader.place += 1;
    return;
  }
  for (;;) {
    readOne();
    skip(reader);
    const mark = reader.text[reader.place];
    reader.place += 1;
    if (mark === last) return;
    if (mark !== ",") fail(reader);
  }
}
