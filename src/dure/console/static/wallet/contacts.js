// Contacts: a name for an address, as this person chose it. They stay in the browser; a file takes them elsewhere.

import { make, makePlain } from "../signing/showing.js";
import { Refused } from "../signing/refused.js";
import { CONTACTS_MAX, readContact, readContacts, requireFree, writeContacts } from "./contact_file.js";

export class ContactPanel {
  #wallet;

  constructor(wallet) {
    this.#wallet = wallet;
    const { words } = wallet;
    wallet.listen(wallet.find("contact"), async (given, form) => {
      await this.#keep([readContact({ name: given.get("name"), address: given.get("address") })], { mayRename: true });
      form.reset();
      return words.get("wallet_contact_kept");
    });
    wallet.find("export").addEventListener("click", () => this.#export());
    wallet.find("import").addEventListener("change", (event) => {
      const [file] = event.target.files;
      if (file) wallet.work(() => this.#import(file)).finally(() => { event.target.value = ""; });
    });
  }

  async draw({ contacts }) {
    const { words } = this.#wallet;
    this.#wallet.page.querySelector('[data-none="contacts"]').hidden = contacts.length > 0;
    this.#wallet.find("contacts").replaceChildren(...contacts.map((each) => make("li", { name: "line", "data-address": each.address },
      make("span", { name: "what" }, make("bdi", { text: makePlain(each.name) }), " ", make("span", { name: "hash soft", text: each.address })),
      make("span", { name: "acts" },
        this.#button("wallet_pay_contact", each, () => this.#pay(each)),
        this.#button("wallet_forget", each, () => this.#wallet.work(() => this.#wallet.signer.store.delete("contacts", each.address)), words)))));
  }

  #button(key, { name }, task) {
    const text = this.#wallet.words.get(key);
    const made = make("button", { type: "button", text, "aria-label": `${text}: ${makePlain(name)}` });
    made.addEventListener("click", task);
    return made;
  }

  #pay({ address }) {
    const form = this.#wallet.find("pay");
    form.elements.to.value = address;
    form.elements.amount.focus();
  }

  async #keep(fresh, may) {
    const { store } = this.#wallet.signer;
    const [contacts, accounts] = await Promise.all([store.list("contacts"), store.list("accounts")]);
    const all = new Set([...contacts, ...fresh].map((each) => each.address));
    if (all.size > CONTACTS_MAX) throw new Refused("too_many", "a wallet has a thousand contacts at most");
    requireFree({ contacts, accounts }, fresh, may);
    for (const each of fresh) await store.put("contacts", each);
  }

  async #import(file) {
    const contacts = readContacts(await file.slice(0, 1024 * 1024).text());
    await this.#keep(contacts);
    return this.#wallet.words.get("wallet_contacts_read", { count: contacts.length });
  }

  async #export() {
    const text = writeContacts(await this.#wallet.signer.store.list("contacts"));
    const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: "dure-contacts.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  }
}
