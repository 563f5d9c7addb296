// SHA-256 with a domain in front (docs/spec/merkle.md), trees over lists and the tree of the state (docs/spec/state.md).
// Done here and not by WebCrypto, which pages without TLS have not.

import { sha256 } from "../vendor/noble-hashes/sha2.js";
import { encode, isSame, join, toHex } from "../wire.js";
import { toWire } from "./form/kinds.js";
import { require } from "./broken.js";

export { sha256 };

const NO_HASH = new Uint8Array(32);
const HASH_BYTES = 32;
const ENTRY_BYTES = 64;

export function hashBytes(domain, data) {
  return sha256(join([new TextEncoder().encode(`dure/v1/${domain}`), [0], data]));
}

// Returns the hash of a structure's canonical bytes.
export function hashValue(domain, value) {
  return hashBytes(domain, encodeValue(value));
}

export function encodeValue(value) {
  return encode(toWire(value));
}

export function computeRoot(leaves) {
  return leaves.length === 0 ? NO_HASH : close(BigInt(leaves.length), computeTop(leaves.map(hashLeaf)));
}

// RFC 6962, section 2.1: pairing from the left and lifting an odd last node equals the recursive split.
function computeTop(level) {
  if (level.length === 1) return level[0];
  const above = [];
  for (let place = 0; place < level.length; place += 2) {
    above.push(place + 1 < level.length ? hashPair(level[place], level[place + 1]) : level[place]);
  }
  return computeTop(above);
}

// Returns the root that a path leads to from a leaf's bytes; null where the path has another shape than index and size ask for.
export function computeRootFromPath(leaf, path) {
  if (path.index >= path.size) return null;
  let node = hashLeaf(leaf);
  let used = 0;
  for (let place = path.index, last = path.size - 1n; last > 0n; place >>= 1n, last >>= 1n) {
    if ((place ^ 1n) > last) continue;
    const sibling = path.siblings[used];
    if (sibling === undefined) return null;
    used += 1;
    node = place & 1n ? hashPair(sibling, node) : hashPair(node, sibling);
  }
  return used === path.siblings.length ? close(path.size, node) : null;
}

function hashLeaf(data) {
  return sha256(join([[0], data]));
}

function hashPair(left, right) {
  return sha256(join([[1], left, right]));
}

function close(size, top) {
  const digits = size.toString(16).padStart(16, "0");
  return sha256(join([[2], digits.match(/../g).map((pair) => Number.parseInt(pair, 16)), top]));
}

// Breaks unless the state of this root holds `value` (null: nothing) under `key`.
export function checkState(root, { key, value, path }) {
  const way = hashBytes("state-path", key);
  let expected = root;
  path.levels.forEach((level, depth) => {
    require(isSame(hashBytes("state-inner", level), expected), "state path", "state_path", { depth });
    const nibble = depth % 2 ? way[depth >> 1] & 15 : way[depth >> 1] >> 4;
    expected = level.subarray(HASH_BYTES * nibble, HASH_BYTES * (nibble + 1));
  });
  const found = openBucket(expected, path.bucket).get(toHex(way));
  const wanted = value === null ? undefined : toHex(hashBytes("state-value", value));
  require(found === wanted, "state value", value === null ? "state_present" : "state_value");
}

function openBucket(expected, bucket) {
  const entries = new Map();
  if (bucket.length === 0 && isSame(expected, NO_HASH)) return entries;
  require(isSame(hashBytes("state-bucket", bucket), expected), "state bucket", "state_bucket");
  for (let place = 0; place < bucket.length; place += ENTRY_BYTES) {
    const entry = bucket.subarray(place, place + ENTRY_BYTES);
    entries.set(toHex(entry.subarray(0, HASH_BYTES)), toHex(entry.subarray(HASH_BYTES)));
  }
  return entries;
}
