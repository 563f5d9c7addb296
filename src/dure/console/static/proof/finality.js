// That a header is final on the chain of a genesis (docs/spec/proof.md P4 to P6): through every change of the validators, each
// sealed by the set before it. Yields one step for each check that held; throws Broken for the first that did not.

import { isSame, toHex } from "../wire.js";
import { Broken, require } from "./broken.js";
import { build, struct } from "./form/kinds.js";
import { hash, unsigned } from "./form/shapes.js";
import { hashValue } from "./hashing.js";
import { areAscending, isAscending } from "./ordering.js";
import { checkPolicy } from "./policies.js";
import { verify } from "./signatures.js";

const INT_MAX = 2n ** 63n - 1n;
const SealStatement = struct({ chain_id: hash, height: unsigned, round: unsigned, block_id: hash });

export function computeBlockId(header) {
  return hashValue("header", header);
}

// Of n validators f = ⌊(n-1)/3⌋ may be faulty; ⌈(n+f+1)/2⌉ decide.
export function computeQuorum(count) {
  return Math.floor((count + Math.floor((count - 1) / 3) + 2) / 2);
}

// Returns who sealed the header, after yielding the steps.
export function* checkFinal({ genesis, handovers, header, certificate }) {
  const chainId = checkGenesis(genesis);
  yield { name: "genesis", says: "genesis", facts: { chain: toHex(chainId), chain_name: genesis.name } };
  if (genesis.predecessor !== null) yield describePredecessor(genesis.predecessor);
  let validators = genesis.validators;
  let lowest = getFirstHeight(genesis) + 1n;
  for (const [number, handover] of handovers.entries()) {
    const facts = checkHandover(handover, `handover ${number}`, chainId, validators, lowest);
    validators = handover.validators;
    lowest = handover.header.height + 1n;
    yield { name: `handover ${number}`, says: "handover", facts };
  }
  checkFrame(header, "header", chainId, lowest);
  yield { name: "header", says: "header", facts: { height: header.height, block: toHex(computeBlockId(header)) } };
  checkNamed(header, validators, "validators");
  const members = validators.members.map((member) => member.organisation);
  yield { name: "validators", says: "validators", facts: { height: header.height, count: members.length, members } };
  const sealers = checkCertificate(header, certificate, validators, "certificate");
  yield { name: "certificate", says: "certificate", facts: describeSeals(sealers, certificate, validators) };
  return { chainId, sealedBy: sealers };
}

function checkGenesis(genesis) {
  require(genesis.version === 1n, "genesis", "genesis_version");
  require(genesis.test || (genesis.story_clock === null && genesis.offset === 0n), "genesis", "genesis_clock");
  checkSet(genesis.validators, "genesis");
  if (genesis.predecessor !== null) checkPredecessor(genesis);
  return hashValue("genesis", genesis);
}

function getFirstHeight(genesis) {
  return genesis.predecessor === null ? 0n : genesis.predecessor.height + 1n;
}

function checkSet(validators, check) {
  require(validators.members.length > 0, check, "set_empty");
  require(isAscending(validators.members.map((member) => member.key)), check, "set_order");
}

// What a genesis says of the chain before it must not contradict itself (docs/spec/succession.md G1, G2).
function checkPredecessor(genesis) {
  const before = genesis.predecessor;
  const going = new Set(genesis.organisations.map((each) => each.name));
  const rules = [
    before.signers.length === genesis.organisations.length,
    areAscending(before.missing),
    !before.missing.some((name) => going.has(name)),
    before.by_minority === going.size <= before.missing.length,
    before.height >= 1n && before.height < INT_MAX,
    genesis.time > before.time,
  ];
  require(rules.every(Boolean), "genesis", "predecessor_contradicts", { rule: rules.indexOf(false) + 1 });
  for (const policy of [...before.signers, before.authority]) if (policy !== null) checkPolicy(policy, "genesis");
}

function describePredecessor(before) {
  const facts = { chain: toHex(before.chain_id), height: before.height, block: toHex(before.block_id), missing: before.missing };
  const says = before.missing.length === 0 ? "predecessor" : "predecessor_missing";
  return { name: "predecessor", says: before.by_minority ? "predecessor_minority" : says, facts };
}

function checkHandover(handover, check, chainId, before, lowest) {
  const { header, certificate, validators } = handover;
  checkFrame(header, check, chainId, lowest);
  checkNamed(header, before, check);
  const sealers = checkCertificate(header, certificate, before, check);
  checkSet(validators, check);
  require(isSame(hashValue("validators", validators), header.next_validators_root), check, "handover_set");
  require(!isSame(header.next_validators_root, header.validators_root), check, "handover_changeless");
  const members = validators.members.map((member) => member.organisation);
  return { height: header.height, members, ...describeSeals(sealers, certificate, before) };
}

function checkFrame(header, check, chainId, lowest) {
  require(header.version === 1n, check, "header_version");
  require(isSame(header.chain_id, chainId), check, "header_chain");
  require(header.height >= lowest, check, "header_height", { height: header.height, lowest });
}

function checkNamed(header, validators, check) {
  require(isSame(hashValue("validators", validators), header.validators_root), check, "validators_named");
}

// Returns the organisations of the sealers, in the set's order: a quorum of distinct members, all in one round.
export function checkCertificate(header, { round, seals }, validators, check) {
  const keys = seals.map((seal) => seal.validator);
  require(isAscending(keys), check, "seals_order");
  const known = (key) => validators.members.some((member) => isSame(member.key, key));
  const stranger = keys.find((key) => !known(key));
  require(stranger === undefined, check, "seals_stranger", { key: stranger && toHex(stranger) });
  const needed = computeQuorum(validators.members.length);
  require(keys.length >= needed, check, "seals_quorum", { seals: keys.length, needed });
  const statement = { chain_id: header.chain_id, height: header.height, round, block_id: computeBlockId(header) };
  const message = hashValue("seal", build(SealStatement, statement));
  for (const { validator, signature } of seals) {
    if (!verify(validator, message, signature)) throw new Broken(check, "seal_signature", { key: toHex(validator) });
  }
  return validators.members.filter((member) => keys.some((key) => isSame(key, member.key))).map((member) => member.organisation);
}

function describeSeals(sealers, certificate, validators) {
  const count = validators.members.length;
  return { sealed: sealers.length, sealers, count, needed: computeQuorum(count), round: certificate.round };
}
