// Accounts: what each holds, which keys act for it, how to be paid, and its name.

import { renderPolicy } from "../ledger.js";
import { findLack, getSinglePolicy } from "../signing/keys.js";
import { Refused } from "../signing/refused.js";
import { make, makePlain, nameAsset } from "../signing/showing.js";
import { readAmount, writeAmount } from "../signing/values.js";
import { writeRequest } from "./uri.js";

const MEMBERS_MAX = 32;

export class AccountPanel {
  #wallet;
  #open = new Map(); // By address, the element with which its owner asks to be paid: it stays when the rest is drawn anew.

  constructor(wallet) {
    this.#wallet = wallet;
    const { signer, words } = wallet;
    const form = wallet.find("make");
    this.#showLack(form);
    wallet.listen(form, async (given) => {
      const key = await signer.book.addKey(given.get("kind"), given.get("name"));
      await signer.book.addAccount(given.get("name"), key);
      form.reset();
      wallet.find("beginning").open = false;
      return words.get("wallet_made");
    });
    wallet.listen(wallet.find("share"), async (given, shared) => {
      await signer.book.addShared(given.get("name"), Number(given.get("threshold")), readMembers(given.get("members")));
      shared.reset();
      return words.get("wallet_made");
    });
    wallet.listen(wallet.find("adopt"), async (given, adopted) => {
      await signer.book.addExisting(given.get("name"), given.get("address"));
      adopted.reset();
      return words.get("wallet_added");
    });
    wallet.listen(wallet.find("complete"), async (given) => {
      const done = await signer.complete(await given.get("file").text());
      return words.get("signing_done", { height: done.height });
    });
  }

  // Says why this browser cannot make a kind of key, as soon as the kind is chosen.
  #showLack(form) {
    const { words } = this.#wallet;
    const [kind, said, button] = [form.elements.kind, form.querySelector("[data-lack]"), form.querySelector("button")];
    const check = async () => {
      const lack = await findLack(kind.value);
      said.hidden = lack === "";
      said.textContent = lack && words.get(lack);
      button.disabled = lack !== "";
    };
    kind.addEventListener("change", check);
    check();
  }

  async draw({ accounts, assets }) {
    this.#wallet.page.querySelector('[data-none="accounts"]').hidden = accounts.length > 0;
    this.#wallet.find("beginning").open ||= accounts.length === 0;
    this.#wallet.find("accounts").replaceChildren(...accounts.map((each) => this.#drawAccount(each, assets)));
  }

  #drawAccount(account, assets) {
    const { words, page } = this.#wallet;
    const card = this.#wallet.find("account-card").content.firstElementChild.cloneNode(true);
    const field = (name) => card.querySelector(`[data-field="${name}"]`);
    card.dataset.address = account.address;
    field("name").textContent = makePlain(account.name);
    field("address").textContent = account.address;
    field("rule").hidden = account.members.length < 2;
    field("rule").textContent = words.get("signing_of", { threshold: account.threshold, count: account.members.length });
    field("organisation").textContent = account.organisation ?? words.get("wallet_unenrolled");
    field("balances").replaceChildren(...this.#drawBalances(account, assets));
    field("keys").replaceChildren(...this.#drawKeys(account));
    field("history").href = `/accounts/${account.address}${page.dataset.query}`;
    this.#bind(card, account, assets);
    return card;
  }

  #drawBalances({ balances }, assets) {
    const { words } = this.#wallet;
    if (balances.length === 0) return [make("li", { name: "soft", text: words.get("wallet_nothing") })];
    return balances.map((each) => {
      const asset = assets.find((known) => known.asset === each.asset);
      const text = asset ? `${writeAmount(BigInt(each.amount), asset.decimals)} ${nameAsset(asset, assets)}` : words.get("signing_unknown_asset");
      const shown = make("span", { name: "money", text });
      return make("li", { "data-asset": each.asset }, shown, each.frozen ? make("span", { name: "pill bad", text: words.get("wallet_frozen") }) : "");
    });
  }

  #drawKeys(account) {
    const { words } = this.#wallet;
    const own = account.keys.map((key) => make("li", { "data-key": key.id },
      make("bdi", { text: makePlain(key.name) }), " ",
      make("span", { name: "soft", text: words.get(`signing_kind_${key.kind}`) }), " ",
      make("span", { name: key.acts ? "pill" : "pill bad", text: words.get(key.acts ? "wallet_current" : "wallet_withdrawn") })));
    const others = account.members.length - account.acting;
    if (others > 0) own.push(make("li", { name: "soft", text: words.get("wallet_others_sign", { count: others }) }));
    return own.length > 0 ? own : [make("li", { name: "soft", text: words.get("wallet_no_key") })];
  }

  #bind(card, account, assets) {
    const button = (name) => card.querySelector(`[data-do="${name}"]`);
    const place = card.querySelector('[data-field="receive"]');
    const open = this.#open.get(account.address);
    if (open) place.replaceWith(open);
    else this.#bindReceive(place, account, assets);
    button("receive").addEventListener("click", () => {
      const shown = this.#open.get(account.address);
      shown.hidden = !shown.hidden;
    });
    button("rename").addEventListener("click", () => this.#wallet.work(() => this.#rename(account)));
    button("remove").addEventListener("click", () => this.#wallet.work(() => this.#remove(account)));
    button("replace").hidden = account.policy?.[0] === "threshold-1" || account.acting === 0;
    button("replace").addEventListener("click", () => this.#wallet.work(() => this.#replace(account)));
  }

  #bindReceive(place, account, assets) {
    this.#open.set(account.address, place);
    const form = place.querySelector("form");
    form.elements.asset.append(...assets.map((each) => new Option(nameAsset(each, assets), each.asset)));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => this.#drawCode(place, account, assets));
    this.#drawCode(place, account, assets);
  }

  #drawCode(place, { address }, assets) {
    const { asset, amount, memo } = Object.fromEntries(new FormData(place.querySelector("form")));
    const chosen = assets.find((each) => each.asset === asset);
    const units = chosen && amount.trim() !== "" ? readAmount(amount, chosen.decimals) : null;
    const uri = writeRequest({ address, chain: this.#wallet.signer.chain.id, asset, amount: units, memo });
    place.querySelector('[data-field="uri"]').textContent = uri;
    place.querySelector("img").src = `/wallet/code.svg?text=${encodeURIComponent(uri)}`;
  }

  async #rename(account) {
    const { words, signer } = this.#wallet;
    const answer = await this.#wallet.ask({
      title: words.get("wallet_rename"), words: words.get("wallet_rename_words"), label: words.get("wallet_account_name"), value: account.name,
    });
    if (answer) await signer.book.renameAccount(account.address, answer.text);
  }

  async #remove(account) {
    const { words, signer } = this.#wallet;
    const answer = await this.#wallet.ask({ title: words.get("wallet_remove"), words: words.get("wallet_remove_words", { name: makePlain(account.name) }) });
    if (answer) await signer.book.removeAccount(account.address);
  }

  // Another key of this browser acts for the account from the next block on, and the old one no longer.
  async #replace(account) {
    const { words, signer } = this.#wallet;
    const acting = new Set(account.keys.filter((key) => key.acts).map((key) => key.id));
    const others = (await signer.book.listKeys()).filter((key) => !acting.has(key.id));
    if (others.length === 0) throw new Refused("no_other_key", words.get("wallet_no_other_key"));
    const answer = await this.#wallet.ask({
      title: words.get("wallet_replace"), words: words.get("wallet_replace_words"), choices: others.map((key) => [key.id, makePlain(key.name)]),
    });
    if (!answer) return "";
    const key = others.find((each) => each.id === answer.choice);
    const policy = renderPolicy(getSinglePolicy(key));
    const done = await signer.send(account, [{ contract: "ledger", method: "set_policy", arguments: { policy } }]);
    return words.get("signing_done", { height: done.height });
  }
}

// One member a line: 64 hexadecimal digits, or a passkey as the wallet of its owner shows it.
function readMembers(text) {
  const lines = text.split("\n").map((each) => each.trim()).filter((each) => each !== "");
  if (lines.length > MEMBERS_MAX) throw new Refused("wrong_member", "an account has 32 keys at most");
  return lines.map((line) => {
    try {
      return line.startsWith("{") ? JSON.parse(line) : line.toLowerCase();
    } catch {
      throw new Refused("wrong_member", line.slice(0, 40));
    }
  });
}
