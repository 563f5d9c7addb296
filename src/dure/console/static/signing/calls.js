// From a call as a page writes it to its wire form, by the called contract's interface.

import { fromHex } from "../wire.js";
import { Refused } from "./refused.js";
import { encodeArguments, getMethod } from "./values.js";

const INT_MAX = (1n << 63n) - 1n;

// Returns [contract, method, arguments, payment or null]; throws `Refused` for what does not fit the interface.
export async function buildCall({ contract, method, arguments: given = {}, pays = null }, chain) {
  const called = await chain.getContract(contract);
  const { kind, pays: accepts } = getMethod(called.shapes, method);
  if (kind !== "call") throw new Refused("wrong_value", `${method} is not called by a transaction`);
  if (pays !== null && !accepts) throw new Refused("wrong_value", `${method} takes no money`);
  return [called.bytes, method, encodeArguments(called.shapes, method, given), pays && buildPayment(pays)];
}

function buildPayment({ asset, amount }) {
  const isWhole = typeof amount === "bigint" || Number.isSafeInteger(amount);
  if (!isWhole || BigInt(amount) < 0n || BigInt(amount) > INT_MAX) throw new Refused("wrong_value", "an amount is a whole number");
  const id = fromHex(String(asset));
  if (id.length !== 32) throw new Refused("wrong_value", "an asset has 32 bytes");
  return [id, BigInt(amount)];
}
