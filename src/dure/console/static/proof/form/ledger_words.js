// The ledger's own events and calls, opened: it has no contract interface, so their fields are named here, those of calls
// where they are signed (signing/ledger_methods.js). A test holds the events against the node's list (dure.proof.ledger_words).

import { LEDGER_SHAPES } from "../../signing/ledger_methods.js";
import { decodeArguments } from "../../signing/values.js";
import { decode } from "../../wire.js";
import { address, bytes, fromWire, optional, struct, text, toForm } from "./kinds.js";
import { hash, unsigned, ValidatorSet } from "./shapes.js";

const asset = hash;
const amount = unsigned;

export const EVENTS = {
  transferred: { asset, source: address, target: address, amount },
  moved: { asset, source: address, target: address, amount },
  transfer_rule_set: { asset, method: text() },
  asset_created: { asset, issuer: address, code: text(), decimals: unsigned },
  minted: { asset, target: address, amount },
  burned: { asset, source: address, amount },
  frozen: { asset, holder: address },
  unfrozen: { asset, holder: address },
  contract_upgraded: { contract: address, version: unsigned, code_hash: hash },
  contract_stopped: { contract: address, reason: text() },
  contract_started: { contract: address },
  session_granted: { account: address, key: address, expires: unsigned },
  session_withdrawn: { account: address, key: address },
  guardians_set: { account: address, guardians: optional(address), delay: unsigned },
  recovery_begun: { account: address, policy: address, at: unsigned },
  recovery_stopped: { account: address, by: address },
  account_recovered: { account: address, policy: address },
  organisation_admitted: { name: text(), account: address },
  organisation_expelled: { name: text(), account: address },
  organisation_rotated: { name: text(), account: address },
  authorities_set: { organisation: text(), count: unsigned },
  attributes_set: { organisation: text() },
  certificate_revoked: { organisation: text(), serial: bytes() },
  device_registered: { organisation: text(), device: address },
  device_removed: { organisation: text(), device: address },
  role_given: { role: text(), holder: address },
  role_taken: { role: text(), holder: address },
  version_announced: { organisation: text(), version: unsigned },
  version_chosen: { version: unsigned, from_height: unsigned },
  validators_chosen: { from_height: unsigned, validators: ValidatorSet },
  validators_withdrawn: { from_height: unsigned },
};

// Returns an event's fields by their names, as JSON writes them; null where they are not known here.
export function nameEvent(event, data) {
  if (!Object.hasOwn(EVENTS, event)) return null;
  const kind = struct(EVENTS[event]);
  return attempt(() => {
    const value = fromWire(kind, decode(data));
    return Object.fromEntries(kind.fields.map(([field, of]) => [field, toForm(of, value[field])]));
  });
}

// Returns a call's arguments by their names; null where they do not fit.
export function nameArguments(method, data) {
  return attempt(() => Object.fromEntries(decodeArguments(LEDGER_SHAPES, method, data).map(({ name, value }) => [name, value])));
}

function attempt(work) {
  try {
    return work();
  } catch {
    return null;
  }
}
