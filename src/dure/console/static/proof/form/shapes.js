// The structures that a proof file holds, field by field as docs/spec/ names them; a test holds them against the node's own.

import { ORIGIN, RELYING_PARTY } from "../../ledger.js";
import { address, boolean, bytes, choice, either, integer, list, optional, struct, text } from "./kinds.js";

const INT_MAX = 2n ** 63n - 1n;
const VALIDATORS_MAX = 128;
const ORGANISATIONS_MAX = 128;
const KEYS_MAX = 32;
const TRANSACTION_BYTES_MAX = 1024 * 1024;
const OFFSET_MAX = 2n ** 50n;

export const unsigned = integer(0, INT_MAX);
export const hash = bytes(32, 32);
const name = text(1, 64);
const positive = integer(1, 2n ** 40n);

// Signatures, policies

export const signature = bytes(64, 64);
const origin = text(1, 255, ORIGIN);
const relyingParty = text(1, 253, RELYING_PARTY);
export const KeyPolicy = struct({ key: hash }, "ed25519-1");
export const PasskeyPolicy = struct(
  { key: bytes(33, 33), rp_id: relyingParty, origins: list(origin, 1, 8) }, "passkey-1",
);
export const ThresholdPolicy = struct(
  { threshold: unsigned, keys: list(either(hash, PasskeyPolicy), 1, KEYS_MAX) }, "threshold-1",
);
const policy = either(KeyPolicy, PasskeyPolicy, ThresholdPolicy);
export const PasskeyAssertion = struct(
  { authenticator_data: bytes(37, 256), client_data_json: bytes(1, 1024), signature }, "assertion-1",
);
export const PolicyProof = struct({ policy, signatures: list(optional(either(signature, PasskeyAssertion)), 1, KEYS_MAX) });

// Genesis

const Validator = struct({ key: hash, organisation: name });
export const ValidatorSet = struct({ members: list(Validator, 0, VALIDATORS_MAX) });
const Organisation = struct({ name, policy, authority: optional(bytes(1, 1024)) });
const Asset = struct({ code: text(1, 16), decimals: integer(0, 18), issuer: address });
const Parameters = struct({
  protocol_version: unsigned,
  block_bytes_max: positive,
  block_gas_max: unsigned,
  scheduled_gas_max: unsigned,
  transaction_bytes_max: positive,
  replay_window: unsigned,
  quota_gas: unsigned,
  quota_period: unsigned,
  open_deployment: boolean,
  open_enrolment: boolean,
  open_reading: boolean,
  heartbeat: unsigned,
});
const GovernancePlan = struct({
  rule: choice("majority", "two-thirds", "all", "named"),
  named: list(name, 0, ORGANISATIONS_MAX),
  voting_period: unsigned,
  code_hash: hash,
}, "governance-1");
const Predecessor = struct({
  chain_id: hash,
  height: unsigned,
  block_id: hash,
  time: unsigned,
  certificate_hash: hash,
  state_root: hash,
  signers: list(policy, 1, ORGANISATIONS_MAX),
  authority: optional(policy),
  missing: list(name, 0, ORGANISATIONS_MAX),
  by_minority: boolean,
});
const Genesis = struct({
  version: unsigned,
  name,
  kind: choice("private", "consortium", "public"),
  engine: choice("solo", "pbft"),
  time: unsigned,
  test: boolean,
  offset: integer(-OFFSET_MAX, OFFSET_MAX),
  story_clock: optional(address),
  parameters: Parameters,
  validators: ValidatorSet,
  organisations: list(Organisation, 1, ORGANISATIONS_MAX),
  authority: either(policy, GovernancePlan),
  assets: list(Asset, 0, 64),
  allocations_hash: hash,
  predecessor: optional(Predecessor),
});

// Blocks

export const Header = struct({
  version: unsigned,
  chain_id: hash,
  height: unsigned,
  time: unsigned,
  previous: hash,
  transaction_root: hash,
  state_root: hash,
  receipt_root: hash,
  validators_root: hash,
  next_validators_root: hash,
  parameters_root: hash,
  proposer: hash,
  engine: bytes(0, 1024),
});
const Seal = struct({ validator: hash, signature });
export const Certificate = struct({ round: unsigned, seals: list(Seal, 0, VALIDATORS_MAX) });
const Handover = struct({ header: Header, certificate: Certificate, validators: ValidatorSet });

// Transactions and receipts

const Payment = struct({ asset: hash, amount: unsigned });
const Call = struct({
  contract: address,
  method: text(1, 64),
  arguments: bytes(0, TRANSACTION_BYTES_MAX),
  pays: optional(Payment),
});
const Body = struct({
  version: unsigned,
  chain_id: hash,
  sender: address,
  payer: optional(address),
  valid_until: unsigned,
  salt: bytes(8, 32),
  gas_limit: unsigned,
  fee_limit: unsigned,
  calls: list(Call, 1, 1024),
});
const Event = struct({ contract: address, name: text(0, 64), data: bytes(0, 256 * 1024) });
const Outcome = struct({ result: bytes(), events: list(Event) });
const Receipt = struct({
  kind: choice("transaction", "scheduled"),
  id: hash,
  status: text(0, 64),
  message: text(0, 256),
  failed_call: optional(unsigned),
  gas_used: unsigned,
  outcomes_root: hash,
});

// Claims

const MerklePath = struct({ index: unsigned, size: unsigned, siblings: list(hash, 0, 63) });
const StateProof = struct({ levels: list(bytes(512, 512), 0, 64), bucket: bytes(0, 1024) });
const AllOutcomes = struct({ outcomes: list(Outcome, 0, 1024) }, "all-outcomes-1");
export const OneOutcome = struct({ outcome: Outcome, path: MerklePath }, "one-outcome-1");
const ReceiptProof = struct({ receipt: Receipt, path: MerklePath, shown: either(AllOutcomes, OneOutcome) });
export const TransactionClaim = struct(
  { body: Body, proofs: list(PolicyProof, 1, 2), path: MerklePath, receipt: ReceiptProof }, "transaction-1",
);
export const OutcomeClaim = struct({ receipt: ReceiptProof }, "outcome-1");
export const StateClaim = struct({ key: bytes(), value: optional(bytes()), path: StateProof }, "state-1");

export const ProofFile = struct({
  format: choice("dure-proof-1"),
  genesis: Genesis,
  handovers: list(Handover, 0, 4096),
  header: Header,
  certificate: Certificate,
  claim: either(TransactionClaim, OutcomeClaim, StateClaim),
});
