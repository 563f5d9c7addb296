// Signing in the page: the one door for wallet, contract forms, votes and application pages.
//
//   import { openSigner } from "/static/signing/signer.js";
//   const signer = await openSigner(document.querySelector("#place"));
//   const [account] = await signer.accounts();
//   const done = await signer.send(account, [{ contract: "dure1…", method: "buy", arguments: { flight: "UA1545" } }]);
//
// What the page signs it has put together itself, from typed values; what the person is shown before is read back from
// those very bytes; keys never leave the browser. The rules of the bytes: docs/spec/transactions.md.

import { AccountBook } from "./accounts.js";
import { Chain } from "./chain.js";
import { buildCall } from "./calls.js";
import { Refused } from "./refused.js";
import { Sheet, explain } from "./sheet.js";
import { openStore } from "./store.js";
import { Transactions } from "./transactions.js";
import { loadWords } from "./words.js";

export { Refused };

// `element`: where the signer may put its dialog. Never throws for what the browser lacks: `problem` says it in words.
export async function openSigner(element) {
  const words = await loadWords();
  const chain = await Chain.open();
  const store = await openStore(chain.id);
  chain.rememberIn(store);
  return new Signer(element, { words, chain, store });
}

export class Signer {
  #sheet;

  constructor(element, { words, chain, store }) {
    this.words = words; // get(key, values): a text in the page's language.
    this.chain = chain; // id, name, test, offset: of the chain that this signer is bound to for good.
    this.store = store;
    this.book = new AccountBook(store, chain);
    this.#sheet = new Sheet(element ?? document.body, { words, chain, store });
    this.transactions = new Transactions({ chain, store });
  }

  // Why nothing can be signed here, in words; empty where all is well.
  get problem() {
    return this.store.isLasting ? "" : this.words.get("signing_no_storage");
  }

  // The accounts of this browser on this chain, each
  //   { address: "dure1…", name, organisation: text or null, balances, keys: [{ id, name, kind, acts }], threshold, acting }
  // `acting`: how many of the keys that act for it now are here; below `threshold` others must sign too.
  accounts() {
    return this.book.list();
  }

  // Sends calls that happen all together or not at all, after the person has seen and confirmed them.
  //
  // `account`: one of `accounts()`, or its address.
  // `calls`: [{ contract: "dure1…" or "ledger", method, arguments: { name: value, … } or [value, …],
  //             pays: { asset: "hex", amount } or left out }, …]
  //   Values have the API's JSON form, by the type in the contract's interface: addresses as dure1…, bytes, hashes and
  //   assets in hexadecimal, decimals as text, a record as an object, a choice as its member's name; whole numbers
  //   (amounts in the smallest unit, times in milliseconds) as BigInt or as a safe number.
  // `onStep({ step, transactionId, height? })`: "created", "signed", "accepted", "final", in this order.
  // `keys`: ids of the keys that sign, where the person chose; otherwise those that act for the account.
  //
  // Returns { transactionId, height, receipt, outcomes, proof } when final; the proof is kept, and found in the wallet.
  // Throws `Refused`: `code` is "cancelled" (by the person), "declined" (by the device), "no_key", "incomplete" (others
  // must sign; the half-signed file was handed out), "expired", "wrong_proof", "no_verifier", "unreachable", "wrong_value", or the node's own code;
  // `message` says it in the page's language, the node's own words in it.
  async send(account, calls, { onStep = () => {}, keys = null } = {}) {
    return this.#attempt(async () => {
      const sender = await this.book.find(account.address ?? account);
      const built = await Promise.all(calls.map((call) => buildCall(call, this.chain)));
      const signing = await this.book.prepare(sender, built, keys);
      return this.#sheet.run(signing, this.transactions, onStep);
    });
  }

  // Goes on with a half-signed transaction of a file's text: shows it, signs with a key of this browser, sends it when
  // complete. Returns and throws as `send`.
  async complete(text, { onStep = () => {} } = {}) {
    return this.#attempt(async () => this.#sheet.run(await this.book.resume(text), this.transactions, onStep));
  }

  // A refusal leaves here with words of the page's language, the node's own among them.
  async #attempt(task) {
    try {
      await this.chain.refresh();
      return await task();
    } catch (problem) {
      problem.message = explain(problem, this.words);
      problem.isExplained = true;
      throw problem;
    }
  }
}
