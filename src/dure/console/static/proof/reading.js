// What a proved claim says, for people to read: calls and events opened. The ledger's own have names for their fields; those of
// a contract stand in its interface, which no proof file carries, so their values are shown without.

import { encodeAddress, LEDGER } from "../ledger.js";
import { decode, isSame, toHex } from "../wire.js";
import { nameArguments, nameEvent } from "./form/ledger_words.js";

export function readShown(claim) {
  if (claim.kind === "state") return claim;
  const { kind, id, receipt, outcomes, call, sender = null, body = null } = claim;
  return {
    kind,
    id,
    sender,
    call,
    status: receipt.status,
    message: receipt.message,
    failedCall: receipt.failed_call,
    gasUsed: receipt.gas_used,
    payer: body?.payer ? encodeAddress(body.payer) : null,
    calls: body === null ? [] : body.calls.map(readCall),
    outcomes: outcomes.map(({ result, events }) => ({ result: readPlain(result), events: events.map(readEvent) })),
  };
}

function readCall({ contract, method, arguments: data, pays }) {
  const ledger = isSame(contract, LEDGER);
  return {
    contract: encodeAddress(contract),
    ledger,
    name: method,
    fields: ledger ? nameArguments(method, data) : null,
    values: readPlain(data),
    data: toHex(data),
    pays: pays === null ? null : { asset: toHex(pays.asset), amount: pays.amount },
  };
}

function readEvent({ contract, name, data }) {
  const ledger = isSame(contract, LEDGER);
  return {
    contract: encodeAddress(contract),
    ledger,
    name,
    fields: ledger ? nameEvent(name, data) : null,
    values: readPlain(data),
    data: toHex(data),
  };
}

// Returns what stands in canonical bytes, read without knowing its type; undefined where they are none.
function readPlain(data) {
  try {
    return simplify(decode(data));
  } catch {
    return undefined;
  }
}

function simplify(value) {
  if (Array.isArray(value)) return value.map(simplify);
  if (value instanceof Uint8Array) return toHex(value);
  return typeof value === "bigint" ? String(value) : value;
}
