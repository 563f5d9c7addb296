// Order as the ledger has it: bytes by their values, names by their code points, which is the order of their UTF-8 bytes.

import { compare } from "../wire.js";

const utf8 = new TextEncoder();

// Says whether each item is below the next: sorted, and none twice.
export function isAscending(items) {
  return items.every((item, place) => place === 0 || compare(items[place - 1], item) < 0);
}

export function areAscending(names) {
  return isAscending(names.map((name) => utf8.encode(name)));
}
