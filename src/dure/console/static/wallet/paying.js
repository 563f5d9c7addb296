// Paying: from which account, with which key, to whom, what; typed in, chosen from the contacts, or read from a code.

import { decodeAddress, encodeAddress } from "../ledger.js";
import { Refused } from "../signing/refused.js";
import { makePlain, nameAsset } from "../signing/showing.js";
import { readAmount, writeAmount, writeDecimal } from "../signing/values.js";
import { bindScanning } from "./scanning.js";
import { readRequest } from "./uri.js";

export class PayPanel {
  #wallet;
  #form;
  #accounts = [];
  #assets = [];

  constructor(wallet) {
    this.#wallet = wallet;
    this.#form = wallet.find("pay");
    wallet.listen(this.#form, (given) => this.#pay(given));
    this.#form.elements.account.addEventListener("change", () => this.#fill());
    wallet.listen(wallet.find("paste"), (given) => this.#take(given.get("text")));
    bindScanning(wallet, (text) => wallet.work(() => this.#take(text)));
  }

  async draw({ accounts, assets, contacts }) {
    this.#accounts = accounts;
    this.#assets = assets;
    choose(this.#form.elements.account, accounts.map((each) => [each.address, makePlain(each.name)]));
    for (const button of this.#form.querySelectorAll("button")) button.disabled = accounts.length === 0;
    const known = [...contacts, ...accounts].map((each) => new Option(makePlain(each.name), each.address));
    this.#wallet.find("known").replaceChildren(...known);
    this.#fill();
  }

  get #account() {
    return this.#accounts.find((each) => each.address === this.#form.elements.account.value) ?? null;
  }

  #fill() {
    const account = this.#account;
    const { words } = this.#wallet;
    const keys = [...(account?.keys ?? [])].sort((left, right) => right.acts - left.acts);
    choose(this.#form.elements.key, keys.map((key) => [
      key.id, `${makePlain(key.name)} · ${words.get(key.acts ? "wallet_current" : "wallet_withdrawn")}`,
    ]));
    const held = new Map((account?.balances ?? []).map((each) => [each.asset, each]));
    const sorted = [...this.#assets].sort((left, right) => held.has(right.asset) - held.has(left.asset));
    choose(this.#form.elements.asset, sorted.map((each) => {
      const amount = writeAmount(BigInt(held.get(each.asset)?.amount ?? 0), each.decimals);
      return [each.asset, words.get("wallet_asset_held", { code: nameAsset(each, this.#assets), amount })];
    }));
  }

  async #pay(given) {
    const { signer, words } = this.#wallet;
    const asset = this.#assets.find((each) => each.asset === given.get("asset"));
    const amount = asset ? readAmount(given.get("amount"), asset.decimals) : null;
    if (amount === null) throw new Refused("wrong_amount", words.get("wallet_amount_wrong", { decimals: asset?.decimals ?? 0 }));
    const target = decodeAddress(given.get("to"));
    if (target === null) throw new Refused("wrong_address", "that is no address");
    const call = { contract: "ledger", method: "transfer", arguments: { asset: asset.asset, target: encodeAddress(target), amount } };
    const account = this.#account;
    // Where several must sign, all that act here do; otherwise the one that the person chose.
    const keys = account.threshold > 1 ? null : [given.get("key")];
    const done = await signer.send(account, [call], { keys });
    this.#form.elements.amount.value = "";
    this.#wallet.find("asked").hidden = true;
    return words.get("signing_done", { height: done.height });
  }

  // Fills the form with what a code asks for; the person looks at it and goes on, or does not.
  #take(text) {
    const { signer, words } = this.#wallet;
    const asked = readRequest(text, signer.chain.id);
    const asset = this.#assets.find((each) => each.asset === asked.asset);
    if (asked.asset !== "" && !asset) throw new Refused("wrong_code", "the code's asset is not known here");
    const { elements } = this.#form;
    elements.to.value = asked.address;
    if (asset) elements.asset.value = asset.asset;
    elements.amount.value = asked.amount === null ? "" : writeDecimal(asked.amount, asset.decimals);
    const said = this.#wallet.find("asked");
    said.hidden = asked.memo === "";
    said.textContent = words.get("wallet_asked", { memo: makePlain(asked.memo) });
    elements.amount.focus();
    return words.get("wallet_code_read");
  }
}

// Puts other choices into a list and keeps the chosen one, where it is still there.
function choose(list, choices) {
  const chosen = list.value;
  const shown = choices.map(([value, text]) => `${value} ${text}`).join("\n");
  if (list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  list.replaceChildren(...choices.map(([value, text]) => new Option(text, value)));
  if (choices.some(([value]) => value === chosen)) list.value = chosen;
}
