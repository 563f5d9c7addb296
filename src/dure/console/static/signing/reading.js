// What a transaction says, read back from the very bytes that are signed: for the sheet that a person confirms.
//
// Nothing here is taken from the form that the person filled in. The called contract's interface and words come from the
// node; who is called, with which bytes, and what is paid, stands in the transaction.

import { encodeAddress, openBody } from "../ledger.js";
import { toHex } from "../wire.js";
import { LEDGER_SHAPES, findDanger } from "./ledger_methods.js";
import { Refused } from "./refused.js";
import { decodeArguments } from "./values.js";
import { lookUp } from "./words.js";

// Returns
//   { sender, validUntil, gasLimit, calls: [{ called, method, texts, arguments, pays, danger, carried }], moves }
// where `arguments` are those of `decodeArguments`, `pays` and each of `moves` { asset, amount, to }, and `carried` the
// call that a governance proposal would have the ledger run. Throws `Refused` for what cannot be shown in full.
export async function readTransaction(bytes, chain) {
  const body = open(bytes);
  if (toHex(body.chainId) !== chain.id) throw new Refused("wrong_chain", "the transaction is for another chain");
  if (body.payer !== null) throw new Refused("unreadable", "this page signs nothing that somebody else pays for");
  const calls = await Promise.all(body.calls.map((each) => readCall(each, chain)));
  const sender = encodeAddress(body.sender);
  return { sender, validUntil: body.validUntil, gasLimit: body.gasLimit, calls, moves: calls.flatMap(listMoves) };
}

function open(bytes) {
  try {
    return openBody(bytes);
  } catch (problem) {
    throw new Refused("unreadable", problem.message);
  }
}

async function readCall(call, chain) {
  const called = await chain.getContract(encodeAddress(call.contract));
  const given = decodeArguments(called.shapes, call.method, call.arguments);
  return {
    called,
    method: call.method,
    texts: lookUp(called.texts, call.method) ?? null,
    arguments: given,
    pays: call.pays && { asset: toHex(call.pays.asset), amount: call.pays.amount, to: called.address },
    danger: findDanger(called, call.method),
    carried: readCarried(given),
  };
}

// A proposal to the members names a call of the ledger and carries its bytes.
function readCarried(given) {
  const named = Object.fromEntries(given.map((each) => [each.name, each]));
  const isProposal = named.action?.type === "str" && named.arguments?.type === "bytes";
  if (!isProposal || !Object.hasOwn(LEDGER_SHAPES.methods, named.action.value)) return null;
  const method = named.action.value;
  const bytes = Uint8Array.from(named.arguments.value.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  try {
    const danger = LEDGER_SHAPES.methods[method].danger;
    return { method, danger, arguments: decodeArguments(LEDGER_SHAPES, method, bytes) };
  } catch {
    return null;
  }
}

function listMoves(call) {
  const moves = call.pays ? [call.pays] : [];
  if (!call.called.isLedger || call.method !== "transfer") return moves;
  const [asset, target, amount] = call.arguments.map((each) => each.value);
  return [...moves, { asset, amount, to: target }];
}
