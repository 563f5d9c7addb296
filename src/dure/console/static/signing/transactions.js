// What becomes of signed transactions: sent, followed until final or expired, and the proof kept. What was signed is noted
// before it is sent, so that a page that is closed or loaded again goes on where it was.
//
// That nothing has happened and nothing will (`happened: false` on what is thrown) is said only where it is so: the chain's
// own time has passed what was valid, or the node refused what it cannot have taken before. Anything else is not known yet.

import { toHex, fromHex } from "../wire.js";
import { ask, askBytes } from "./chain.js";
import { Refused } from "./refused.js";

const LOOK_MS = 400;
const LOOK_MS_MAX = 3_000;
const SEND_AGAIN = new Set([
  "unreachable", "node_busy", "mempool_full", "unavailable", "too_many_requests", "timed_out", "internal_error",
]);

export class Transactions {
  #chain;
  #store;
  #listed = new Map(); // By id, kept proofs without their bytes.
  #running = new Map(); // By id, what is being followed in this page: once, whoever asks.
  #pauses = new Map(); // By id, what ends the pause between two looks.
  #abandoned = new Set();

  constructor({ chain, store }) {
    this.#chain = chain;
    this.#store = store;
  }

  // Notes a signed envelope, sends it and follows it. `summary`: { en, ko } of what it does. Returns what the node says of it when final.
  async submit({ id, account, envelope, validUntil, summary }, onStep) {
    const pending = { id, account, envelope: toHex(envelope), validUntil, summary, sent: Date.now() };
    // Whoever reads it back cannot tell whether it was sent before the page was gone.
    await this.#store.put("pending", { ...pending, isSent: true });
    onStep({ step: "signed", transactionId: id }); // Said when it is noted: a page loaded again from now on goes on with it.
    return this.follow(pending, onStep);
  }

  listPending() {
    return this.#store.list("pending");
  }

  // Without their bytes: each is read from the browser's store once.
  async listProofs() {
    const ids = await this.#store.listKeys("proofs");
    const listed = await Promise.all(ids.map((id) => this.#listed.get(id) ?? this.#readListed(id)));
    this.#listed = new Map(listed.filter((each) => each !== null).map((each) => [each.id, each]));
    return [...this.#listed.values()].sort((left, right) => right.time - left.time);
  }

  async #readListed(id) {
    const kept = await this.#store.get("proofs", id);
    if (kept === null) return null;
    const { proof, ...listed } = kept;
    return listed;
  }

  // Returns a kept proof's bytes.
  async getProof(id) {
    const { proof } = await this.#store.get("proofs", id);
    return proof;
  }

  deleteProof(id) {
    return this.#store.delete("proofs", id);
  }

  // Looks at once, in place of at the next turn. Returns { height, block_time } of the transaction and the chain.
  async lookAgain(id) {
    const standing = await this.#look(id);
    if (standing === null) throw new Refused("unreachable", "the node does not answer");
    this.#pauses.get(id)?.();
    return standing;
  }

  // Follows it no more and keeps nothing of it. That takes nothing back: what a node was handed may still happen.
  async abandon(id) {
    this.#abandoned.add(id);
    await this.forget(id);
    this.#pauses.get(id)?.();
  }

  // Goes on with what is pending, until it is final (returned), nothing any more, or cannot be followed (both thrown).
  follow(pending, onStep = () => {}) {
    if (!this.#running.has(pending.id)) {
      const run = this.#follow(pending, onStep).finally(() => {
        this.#running.delete(pending.id);
        this.#pauses.delete(pending.id);
      });
      this.#running.set(pending.id, run);
    }
    return this.#running.get(pending.id);
  }

  // Sends it as often as the node needs to take it.
  async #follow(pending, onStep) {
    let isAccepted = false;
    for (let pause = LOOK_MS; ; pause = Math.min(1.5 * pause, LOOK_MS_MAX)) {
      if (this.#abandoned.has(pending.id)) throw new Refused("abandoned", "it is not followed any more", { transactionId: pending.id });
      const standing = await this.#look(pending.id);
      if (standing?.height != null) return this.#keep(pending, standing, { onStep, isAccepted });
      if (standing) await this.#refuseExpired(pending, standing);
      if (!isAccepted) isAccepted = await this.#send(pending);
      pending.isSent = true;
      if (isAccepted === "now") {
        isAccepted = true;
        pause = LOOK_MS;
        onStep({ step: "accepted", transactionId: pending.id });
      }
      await this.#pause(pending.id, pause);
    }
  }

  #pause(id, milliseconds) {
    return new Promise((resolve) => {
      this.#pauses.set(id, resolve);
      setTimeout(resolve, milliseconds);
    });
  }

  async forget(id) {
    await this.#store.delete("pending", id);
  }

  // Returns { height, block_time } of the transaction and the chain; null where the node cannot say now.
  async #look(id) {
    try {
      const standing = await ask(`/signing/standing.json?id=${id}`);
      if (standing.chain_id !== this.#chain.id) throw new Refused("wrong_chain", "the node serves another chain by now");
      return standing;
    } catch (problem) {
      if (SEND_AGAIN.has(problem.code)) return null;
      throw problem;
    }
  }

  // Returns "now" when the node took it, false when it may be asked again.
  async #send(pending) {
    try {
      const headers = { "content-type": "application/octet-stream" };
      await ask("/v1/transactions", { method: "POST", headers, body: fromHex(pending.envelope) });
      return "now";
    } catch (problem) {
      if (problem.code === "transaction_replayed") return "now"; // It was there before: the answer got lost, not the question.
      if (SEND_AGAIN.has(problem.code)) return false;
      if (pending.isSent) return true; // It may have been taken before, and may still happen.
      await this.forget(pending.id);
      throw new Refused(problem.code, problem.message, { transactionId: pending.id, happened: false });
    }
  }

  // The chain's own clock ends it and no other: as long as its newest block is not past what was valid, one may hold it.
  async #refuseExpired({ id, validUntil }, standing) {
    if (standing.block_time <= validUntil) return;
    await this.forget(id);
    throw new Refused("expired", "no block took it in time: nothing has happened", { transactionId: id, happened: false });
  }

  async #keep(pending, standing, { onStep, isAccepted }) {
    if (!isAccepted) onStep({ step: "accepted", transactionId: pending.id });
    const { id, account, summary } = pending;
    const [found, proof] = await this.#fetch(id, standing.height);
    const { height, status, message } = await this.#verify(proof, id, standing.height);
    const time = Date.now();
    await this.#store.put("proofs", { id, account, summary, height, time, status, message, proof });
    await this.forget(id);
    onStep({ step: "final", transactionId: id, height });
    const done = { transactionId: id, height, receipt: { ...found.receipt, status, message }, outcomes: found.outcomes, proof };
    if (status !== "ok") throw new Refused(status, message, done);
    return done;
  }

  // A block holds it: what the node cannot say now, it says later.
  async #fetch(id, height) {
    for (let pause = LOOK_MS; ; pause = Math.min(1.5 * pause, LOOK_MS_MAX)) {
      try {
        return await Promise.all([ask(`/v1/transactions/${id}`), askBytes(`/v1/transactions/${id}/proof`)]);
      } catch (problem) {
        if (!SEND_AGAIN.has(problem.code)) throw new Refused(problem.code, problem.message, { transactionId: id, height });
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  // Returns what the proof says became of it; whatever the node says beside it proves nothing.
  async #verify(proof, id, height) {
    const { verifyProof, BROKEN } = await import("../proof/verify.js").catch(() => {
      throw new Refused("no_verifier", "the part that verifies proofs could not be loaded", { transactionId: id, height });
    });
    const verdict = await verifyProof(proof, { wanted: { kind: "transaction", id } });
    // Which chain it is was settled when the transaction was signed: its bytes name it.
    if (verdict.answer === BROKEN || verdict.chain !== this.#chain.id) {
      const { name = "chain" } = verdict.steps.find((step) => !step.ok) ?? {};
      throw new Refused("wrong_proof", name, { transactionId: id, height });
    }
    return { height: Number(verdict.height), status: verdict.claim.status, message: verdict.claim.message };
  }
}
