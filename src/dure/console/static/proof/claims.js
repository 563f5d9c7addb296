// The claim against its header (docs/spec/proof.md P7): every path ends at one of the header's roots. Yields the steps that
// held and returns what is proved; throws Broken for the first check that did not hold.

import { encode, isSame, toHex } from "../wire.js";
import { encodeAddress } from "../ledger.js";
import { require } from "./broken.js";
import { KIND, toWire } from "./form/kinds.js";
import { OneOutcome, StateClaim, TransactionClaim } from "./form/shapes.js";
import { checkState, computeRoot, computeRootFromPath, encodeValue, hashBytes } from "./hashing.js";
import { openProof } from "./policies.js";
import { verify } from "./signatures.js";

const TRANSACTION_BYTES_MAX = 1024 * 1024;

export function* checkClaim(header, claim) {
  switch (claim[KIND]) {
    case TransactionClaim: return yield* checkTransaction(header, claim);
    case StateClaim: return yield* checkStateClaim(header, claim);
    default: return yield* checkReceipt(header, claim.receipt);
  }
}

function* checkStateClaim(header, claim) {
  checkState(header.state_root, claim);
  yield { name: "state path", says: "state", facts: { levels: claim.path.levels.length } };
  const value = claim.value === null ? null : toHex(claim.value);
  return { kind: "state", key: toHex(claim.key), value };
}

function* checkTransaction(header, claim) {
  const { body, proofs, path, receipt } = claim;
  const signed = encodeValue(body);
  const envelope = encode([signed, toWire(proofs)]);
  const id = hashBytes("transaction", signed);
  const signatures = openTransaction(body, proofs, { id, size: envelope.length });
  const root = computeRootFromPath(hashBytes("envelope", envelope), path);
  require(leadsTo(root, header.transaction_root), "transaction path", "transaction_path");
  yield { name: "transaction path", says: "transaction", facts: { id: toHex(id), index: path.index, size: path.size } };
  require(signatures.every((each) => verify(...each)), "transaction signature", "transaction_signature");
  const sender = encodeAddress(body.sender);
  yield { name: "transaction signature", says: "signed", facts: { sender, count: signatures.length } };
  const same = receipt.receipt.kind === "transaction" && isSame(receipt.receipt.id, id);
  require(same, "receipt", "receipt_other");
  return { ...(yield* checkReceipt(header, receipt)), sender, body };
}

// Returns what has to verify; the same that a node asks of an envelope before it looks at any signature.
function openTransaction(body, proofs, { id, size }) {
  require(size <= TRANSACTION_BYTES_MAX, "transaction", "transaction_size", { size });
  require(body.version === 1n, "transaction", "transaction_version");
  require(proofs.length === (body.payer === null ? 1 : 2), "transaction", "transaction_proofs");
  return proofs.flatMap((proof) => openProof(proof, id, "transaction"));
}

function* checkReceipt(header, { receipt, path, shown }) {
  const root = computeRootFromPath(encodeValue(receipt), path);
  require(leadsTo(root, header.receipt_root), "receipt path", "receipt_path");
  const one = shown[KIND] === OneOutcome;
  const outcomes = one ? [shown.outcome] : shown.outcomes;
  const leaves = outcomes.map(encodeValue);
  const shownRoot = one ? computeRootFromPath(leaves[0], shown.path) : computeRoot(leaves);
  require(leadsTo(shownRoot, receipt.outcomes_root), "outcome path", "outcome_path");
  yield { name: "receipt path", says: "receipt", facts: { status: receipt.status, index: path.index, size: path.size } };
  const call = one ? shown.path.index : null;
  yield { name: "outcome path", says: sayOutcomes(one, outcomes), facts: { count: outcomes.length, call } };
  return { kind: receipt.kind, id: toHex(receipt.id), receipt, outcomes, call };
}

function sayOutcomes(one, outcomes) {
  if (one) return "outcome_one";
  return outcomes.length === 0 ? "outcomes_none" : "outcomes_all";
}

function leadsTo(root, wanted) {
  return root !== null && isSame(root, wanted);
}
