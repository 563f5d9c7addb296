// Asking for a payment by a code: dure:ADDRESS?chain=…&asset=…&amount=…&memo=…, each part but the address optional.
// `amount` is in the smallest unit; `memo` is between the two people and does not stand on the chain.
// Whoever reads a code shows what it asks for before anything is done with it.

import { decodeAddress, encodeAddress } from "../ledger.js";
import { Refused } from "../signing/refused.js";

const SCHEME = "dure:";
const TEXT_MAX = 1024;
const MEMO_MAX = 60;
const HASH = /^[0-9a-f]{64}$/;
const AMOUNT = /^(0|[1-9][0-9]{0,18})$/;
const INT_MAX = (1n << 63n) - 1n;
const PARTS = new Set(["chain", "asset", "amount", "memo"]);

export function writeRequest({ address, chain, asset = "", amount = null, memo = "" }) {
  const parts = [["chain", chain], ["asset", asset], ["amount", amount === null ? "" : String(amount)], ["memo", memo]];
  const given = parts.filter(([, value]) => value !== "").map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return SCHEME + address + (given.length ? `?${given.join("&")}` : "");
}

// Returns { address, asset, amount (BigInt or null), memo }; throws `Refused` naming what is wrong.
export function readRequest(text, chain) {
  const bare = text.trim();
  if (bare.length > TEXT_MAX) throw new Refused("wrong_code", "the code is too long");
  const [place, query = "", ...more] = (bare.toLowerCase().startsWith(SCHEME) ? bare.slice(SCHEME.length) : bare).split("?");
  const address = decodeAddress(place);
  if (address === null || more.length > 0) throw new Refused("wrong_address", "the code holds no address");
  const parts = readParts(query);
  if (parts.chain !== undefined && parts.chain !== chain) throw new Refused("wrong_chain", "the code is for another chain");
  return { address: encodeAddress(address), ...readMoney(parts), memo: parts.memo ?? "" };
}

function readParts(query) {
  const parts = {};
  for (const each of query === "" ? [] : query.split("&")) {
    const [name, value, ...more] = each.split("=");
    if (!PARTS.has(name) || Object.hasOwn(parts, name) || value === undefined || more.length > 0) {
      throw new Refused("wrong_code", "the code has a part that is not known here");
    }
    parts[name] = readPart(value);
  }
  if ([...(parts.memo ?? "")].length > MEMO_MAX) throw new Refused("wrong_code", "the code's memo is too long");
  return parts;
}

function readPart(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new Refused("wrong_code", "the code is damaged");
  }
}

function readMoney({ asset = "", amount = null }) {
  if (asset !== "" && !HASH.test(asset)) throw new Refused("wrong_code", "the code's asset is none");
  if (amount === null) return { asset, amount };
  if (asset === "" || !AMOUNT.test(amount) || BigInt(amount) > INT_MAX) throw new Refused("wrong_code", "the code's amount is none");
  return { asset, amount: BigInt(amount) };
}
