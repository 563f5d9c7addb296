// Keys of this browser: their names, for what they act, and what a shared account's founder needs to know of them.

import { renderPlace } from "../ledger.js";
import { findLack, getPlace } from "../signing/keys.js";
import { Refused } from "../signing/refused.js";
import { make, makePlain } from "../signing/showing.js";

export class KeyPanel {
  #wallet;

  constructor(wallet) {
    this.#wallet = wallet;
    const { signer, words } = wallet;
    wallet.listen(wallet.find("key"), async (given, form) => {
      const lack = await findLack(given.get("kind"));
      if (lack) throw new Refused(lack, words.get(lack));
      await signer.book.addKey(given.get("kind"), given.get("name"));
      form.reset();
      return words.get("wallet_key_made");
    });
  }

  async draw({ accounts }) {
    const keys = await this.#wallet.signer.book.listKeys();
    keys.sort((left, right) => left.made - right.made);
    this.#wallet.find("keys").replaceChildren(...keys.map((key) => this.#drawKey(key, accounts)));
  }

  #drawKey(key, accounts) {
    const { words } = this.#wallet;
    const acts = accounts.filter((account) => account.keys.some((each) => each.id === key.id && each.acts));
    const uses = acts.map((each) => makePlain(each.name)).join(", ") || words.get("wallet_acts_for_nothing");
    return make("li", { name: "line", "data-key": key.id },
      make("span", { name: "what" },
        make("bdi", { text: makePlain(key.name) }), " ",
        make("span", { name: "pill quiet", text: words.get(`signing_kind_${key.kind}`) }), " ",
        make("span", { name: "soft", text: words.get("wallet_acts_for", { names: uses }) }),
        make("details", {}, make("summary", { text: words.get("wallet_public") }), make("p", { name: "hash", "data-member": "", text: writeMember(key) }))),
      make("span", { name: "acts" },
        this.#button("wallet_rename", key, () => this.#rename(key)),
        this.#button("wallet_key_remove", key, () => this.#remove(key, acts))));
  }

  #button(name, key, task) {
    const text = this.#wallet.words.get(name);
    const made = make("button", { type: "button", text, "aria-label": `${text}: ${makePlain(key.name)}` });
    made.addEventListener("click", () => this.#wallet.work(task));
    return made;
  }

  async #rename(key) {
    const { words, signer } = this.#wallet;
    const answer = await this.#wallet.ask({
      title: words.get("wallet_rename"), words: words.get("wallet_rename_words"), label: words.get("wallet_key_name"), value: key.name,
    });
    if (answer) await signer.book.renameKey(key.id, answer.text);
  }

  async #remove(key, acts) {
    const { words, signer } = this.#wallet;
    const names = acts.map((each) => makePlain(each.name)).join(", ");
    const warning = acts.length ? words.get("wallet_key_remove_acting", { names }) : words.get("wallet_key_remove_idle");
    const answer = await this.#wallet.ask({ title: words.get("wallet_key_remove"), words: warning });
    if (!answer) return "";
    await signer.book.removeKey(key.id);
    return words.get("wallet_key_removed");
  }
}

// One line: what the founder of a shared account pastes into the list of members.
function writeMember(key) {
  const place = renderPlace(getPlace(key));
  return typeof place === "string" ? place : JSON.stringify(place);
}
