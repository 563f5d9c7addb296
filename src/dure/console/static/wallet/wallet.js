// The wallet page: accounts of this browser, paying, contacts, keys, what was sent and the proofs of it. Keys and contacts
// stay in the browser; what is signed is put together, shown and signed by static/signing.

import { openSigner } from "../signing/signer.js";
import { explain } from "../signing/sheet.js";
import { AccountPanel } from "./accounts.js";
import { ContactPanel } from "./contacts.js";
import { KeyPanel } from "./keys.js";
import { PayPanel } from "./paying.js";
import { SentPanel } from "./sent.js";

const page = document.querySelector("[data-wallet]");
const REST_MS = 1_000;
const LOOK_MS = 10_000;

// What the panels share: the signer, the page, and the one line that says how things stand.
class Wallet {
  constructor(signer) {
    this.page = page;
    this.signer = signer;
    this.words = signer.words;
    this.panels = [AccountPanel, PayPanel, SentPanel, ContactPanel, KeyPanel].map((Panel) => new Panel(this));
  }

  find(name) {
    return page.querySelector(`[data-${name}]`);
  }

  say(text, kind = "") {
    const said = this.find("said");
    said.dataset.kind = kind;
    said.textContent = text;
  }

  // One thing at a time; what was refused is said, and nothing else happens.
  async work(task) {
    if (page.ariaBusy === "true") return;
    page.ariaBusy = "true";
    try {
      const said = await task();
      if (said) this.say(said, "good");
    } catch (problem) {
      this.say(explain(problem, this.words), problem.code === "cancelled" ? "" : "bad");
    } finally {
      page.ariaBusy = "false";
      await this.refresh();
    }
  }

  // Draws what changed; forms that a person fills in stay as they are.
  async refresh() {
    try {
      const [accounts, assets, contacts] = await Promise.all([
        this.signer.accounts(), this.signer.chain.listAssets(), this.signer.store.list("contacts"),
      ]);
      contacts.sort((left, right) => left.name.localeCompare(right.name, this.words.language));
      for (const panel of this.panels) await panel.draw({ accounts, assets, contacts });
      page.dataset.ready = String(accounts.length);
    } catch (problem) {
      this.say(explain(problem, this.words), "bad");
    }
  }

  listen(form, task) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.work(() => task(new FormData(form), form));
    });
  }

  // Asks in a dialog; returns { text, choice }, or null for a no. `choices`: [[value, text], …].
  ask({ title, words, label = "", value = "", choices = [] }) {
    const dialog = this.find("question");
    const field = (name) => dialog.querySelector(`[data-${name}]`);
    const [text, choice] = [dialog.querySelector("[name=text]"), dialog.querySelector("[name=choice]")];
    dialog.querySelector("h2").textContent = title;
    field("words").textContent = words;
    field("label").textContent = label;
    text.value = value;
    text.required = label !== "";
    text.closest("label").hidden = label === "";
    choice.closest("label").hidden = choices.length === 0;
    choice.replaceChildren(...choices.map(([key, shown]) => new Option(shown, key)));
    field("no").onclick = () => dialog.close("");
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.onclose = () => resolve(dialog.returnValue === "yes" ? { text: text.value, choice: choice.value } : null);
    });
  }
}

// A new block may have changed a balance: the height in the page's foot is kept up by the console itself, where its
// scripts are; otherwise it is looked at now and then.
function followBlocks(wallet) {
  let isWaiting = false;
  const onBlock = () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(async () => {
      isWaiting = false;
      if (page.ariaBusy !== "true" && !document.hidden) await wallet.refresh();
    }, REST_MS);
  };
  new MutationObserver(onBlock).observe(document.querySelector("footer"), { childList: true, characterData: true, subtree: true });
  setInterval(onBlock, LOOK_MS);
}

async function begin() {
  const signer = await openSigner(page);
  const wallet = new Wallet(signer);
  wallet.say(signer.problem || signer.words.get("wallet_ready"), signer.problem ? "bad" : "");
  page.ariaBusy = "false";
  await wallet.refresh();
  followBlocks(wallet);
}

begin().catch((problem) => {
  const said = page.querySelector("[data-said]");
  said.dataset.kind = "bad";
  said.textContent = problem.message;
});
