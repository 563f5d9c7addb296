// Everything that `dure verify` checks, in the same order and under the same names, by the browser itself: no node is asked.
//
//   const verdict = await verifyProof(bytes, { trust, onStep });
//   verdict.answer   PROVED, VOUCHED, UNKNOWN or BROKEN
//   verdict.steps    [{ name, ok, says, facts }], the last one with ok false where a check broke
//   verdict.claim    what is proved; null where a check broke
//
// `wanted`: { kind, id } of the claim that was asked for, as claims have it: a sound proof of anything else is broken.
// `trust`: [{ chain, name, checkpoint }], chain and checkpoint.block as hexadecimal digits (trust.js keeps such entries).
// On whose word the chain is the one that is meant (docs/spec/proof.md P9): a chain that the reader named is PROVED; one that
// the page's own node named (trust.js, `takeWord`) is VOUCHED at most, and the reader's own entry for it comes first.

import { toHex } from "../wire.js";
import { Broken, require } from "./broken.js";
import { checkClaim } from "./claims.js";
import { checkFinal, computeBlockId } from "./finality.js";
import { readProof } from "./form/file.js";
import { sha256 } from "./hashing.js";
import { readShown } from "./reading.js";

export const PROVED = "proved";
export const VOUCHED = "consistent, on the word of this page's node for its chain";
export const UNKNOWN = "consistent, but the chain is unknown to you";
export const BROKEN = "broken";

// What texts and styles call each answer.
export const KINDS = { [PROVED]: "proved", [VOUCHED]: "vouched", [UNKNOWN]: "unknown", [BROKEN]: "broken" };

const PAUSE_AFTER_MS = 12;

export async function verifyProof(data, { trust = [], wanted = null, onStep = () => {} } = {}) {
  const work = check(data, trust, wanted);
  const steps = [];
  let begun = performance.now();
  for (;;) {
    const { value, done } = advance(work);
    if (done) return conclude(value, steps, data);
    steps.push({ ok: true, ...value });
    onStep(steps.at(-1));
    if (value.ok === false) return conclude(null, steps, data);
    if (performance.now() - begun > PAUSE_AFTER_MS) {
      await new Promise((resolve) => { setTimeout(resolve); });
      begun = performance.now();
    }
  }
}

function advance(work) {
  try {
    return work.next();
  } catch (problem) {
    if (!(problem instanceof Broken)) throw problem;
    return { done: false, value: { name: problem.check, ok: false, says: problem.says, facts: problem.facts } };
  }
}

function conclude(found, steps, data) {
  const file = { size: data.length, digest: toHex(sha256(data)) };
  if (found === null) return { answer: BROKEN, steps, file, claim: null, chain: null };
  return { answer: chooseAnswer(found.word), steps, file, ...found };
}

function chooseAnswer(word) {
  if (word === null) return UNKNOWN;
  return word === "reader" ? PROVED : VOUCHED;
}

// Returns the entry of a chain, the reader's own before that of the page's node; null where there is neither.
function findEntry(trust, chain) {
  const entries = trust.filter((entry) => entry.chain === chain);
  return entries.find((entry) => !entry.isNodesWord) ?? entries[0] ?? null;
}

function* check(data, trust, wanted) {
  const proof = readProof(data);
  yield { name: "canonical form", says: "file", facts: { size: data.length } };
  const { chainId, sealedBy } = yield* checkFinal(proof);
  const chain = toHex(chainId);
  const known = findEntry(trust, chain);
  const claim = yield* checkClaim(proof.header, proof.claim);
  if (wanted !== null) {
    require(claim.kind === wanted.kind && claim.id === wanted.id, "transaction", "claim_other", { id: wanted.id });
  }
  if (known?.checkpoint) yield* checkCheckpoint(proof, known.checkpoint);
  const { header, genesis } = proof;
  return {
    knownAs: known === null ? null : known.name,
    word: known === null ? null : known.isNodesWord ? "node" : "reader",
    chain,
    chainName: genesis.name,
    kind: genesis.kind,
    engine: genesis.engine,
    test: genesis.test,
    offset: genesis.offset,
    storyClock: genesis.story_clock !== null,
    height: header.height,
    block: toHex(computeBlockId(header)),
    time: header.time,
    round: proof.certificate.round,
    sealedBy,
    predecessor: genesis.predecessor,
    claim: readShown(claim),
  };
}

// No header contradicts a block that the reader knows to be final (docs/spec/proof.md P10).
function* checkCheckpoint({ handovers, header }, { height, block }) {
  for (const each of [...handovers.map((handover) => handover.header), header]) {
    if (each.height !== BigInt(height)) continue;
    require(toHex(computeBlockId(each)) === block, "checkpoint", "checkpoint_fork", { height });
    yield { name: "checkpoint", says: "checkpoint", facts: { height } };
  }
}
