// Signatures (docs/spec/signatures.md, docs/spec/passkeys.md): Ed25519 as ZIP-215 judges, ECDSA over P-256 with low s. Never by
// WebCrypto, whose answers on the edge of the curve differ from one browser to the next.

import { ed25519 } from "../vendor/noble-curves/ed25519.js";
import { p256 } from "../vendor/noble-curves/nist.js";
import { toHex } from "../wire.js";

const FIELD_PRIME = 2n ** 255n - 19n;
const ED25519_KEY_BYTES = 32;
const P256_KEY_BYTES = 33;
const SIGNATURE_BYTES = 64;
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

// The y of the eight points whose order divides eight; x and -x share one.
const SMALL_ORDER_Y = new Set([
  0n,
  1n,
  FIELD_PRIME - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
]);

// Says whether a signature is valid; the length of the key says which of the two curves is meant.
export function verify(key, message, signature) {
  if (key.length === P256_KEY_BYTES) return verifyP256(key, message, signature);
  if (key.length !== ED25519_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  return ed25519.verify(signature, message, key, { zip215: true });
}

function verifyP256(key, digest, signature) {
  if (digest.length !== 32 || signature.length !== SIGNATURE_BYTES || !isPasskeyKey(key)) return false;
  const r = BigInt(`0x${toHex(signature.subarray(0, 32))}`);
  const s = BigInt(`0x${toHex(signature.subarray(32))}`);
  if (r < 1n || r >= P256_ORDER || s < 1n || s > P256_ORDER / 2n) return false;
  return p256.verify(signature, digest, key, { prehash: false, lowS: true, format: "compact" });
}

// Says whether anybody could sign under the key: it has small order, or is written in another than the canonical form.
export function isWeakKey(key) {
  const y = readY(key);
  return y >= FIELD_PRIME || SMALL_ORDER_Y.has(y);
}

// Says whether a key may stand in a policy or a validator set.
export function isSoundKey(key) {
  return key.length === ED25519_KEY_BYTES && !isWeakKey(key) && holds(() => ed25519.Point.fromBytes(key, true));
}

// Says whether the bytes are the one form of a point of P-256.
export function isPasskeyKey(key) {
  return key.length === P256_KEY_BYTES && (key[0] === 2 || key[0] === 3) && holds(() => p256.Point.fromBytes(key));
}

function readY(key) {
  const digits = toHex(Uint8Array.from(key).reverse());
  return BigInt(`0x${digits}`) & (2n ** 255n - 1n);
}

function holds(work) {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
