// One byte of a proof, changed: for whoever wants to see that it is noticed.

const DIGITS = "0123456789abcdef";
const TRIES = 64;

// Returns a copy with one byte changed at a place that `pick(count)` chooses, which byte it is, and what stood and stands there.
// A hexadecimal digit becomes another one, so that more than the file's form is put to the test.
export function changeByte(original, pick = pickRandom) {
  let at = pick(original.length);
  for (let tries = 0; tries < TRIES && !isDigit(original[at]); tries += 1) at = pick(original.length);
  const bytes = original.slice();
  bytes[at] = isDigit(original[at]) ? nextDigit(original[at]) : original[at] ^ 1;
  return { bytes, at, before: String.fromCharCode(original[at]), after: String.fromCharCode(bytes[at]) };
}

function isDigit(byte) {
  return DIGITS.includes(String.fromCharCode(byte));
}

function nextDigit(byte) {
  const value = DIGITS.indexOf(String.fromCharCode(byte));
  return DIGITS.charCodeAt((value + 1) % DIGITS.length);
}

function pickRandom(count) {
  return crypto.getRandomValues(new Uint32Array(1))[0] % count;
}
