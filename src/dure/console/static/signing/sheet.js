// The sheet: what a transaction says, read back from the bytes that are signed, before anything is signed; and after it
// the steps until it is final. One sheet at a time: an authenticator asks one question at a time, too.
//
// A modal <dialog>: the browser keeps the focus in it and takes Escape for a no.

import { completeEnvelope, countMissing, writeDraft } from "./drafts.js";
import { getPlace, signWith } from "./keys.js";
import { drawReading, summarise } from "./pages.js";
import { readTransaction } from "./reading.js";
import { Refused } from "./refused.js";
import { Display, make, makePlain } from "./showing.js";
import { encode, toHex } from "../wire.js";
import { getPlaces, getThreshold, renderPlace } from "../ledger.js";

const STEPS = ["created", "signed", "accepted", "final"];
const STYLES = "/static/signing/signing.css";

export class Sheet {
  #element;
  #words;
  #chain;
  #store;
  #busy = false;

  constructor(element, { words, chain, store }) {
    this.#element = element;
    this.#words = words;
    this.#chain = chain;
    this.#store = store;
    requireStyles();
  }

  // Shows, has signed, sends and follows; see `Signer.send` for what it returns, throws and tells `onStep`.
  async run(signing, transactions, onStep) {
    if (this.#busy) throw new Refused("busy", this.#words.get("signing_busy"));
    this.#busy = true;
    const view = new View(this.#element, this.#words);
    const step = (told) => {
      view.reach(told.step);
      onStep(told);
    };
    try {
      const done = await this.#walk({ signing, transactions, view, step });
      view.finish("good", this.#words.get("signing_done", { height: done.height }), done.transactionId);
      return done;
    } catch (problem) {
      if (problem.code === "cancelled") view.close();
      else view.finish("bad", this.#explain(problem), problem.transactionId);
      throw problem;
    } finally {
      this.#busy = false;
    }
  }

  async #walk({ signing, transactions, view, step }) {
    const reading = await readTransaction(signing.body, this.#chain);
    if (reading.sender !== signing.account.address) throw new Refused("unreadable", "the transaction is of another account");
    const display = await this.#prepareDisplay(reading);
    const transactionId = toHex(signing.id);
    view.show(await drawReading({ reading, signing, display, chain: this.#chain }), reading);
    step({ step: "created", transactionId });
    await view.confirm();
    const signed = await this.#sign(signing);
    const missing = countMissing(signed);
    if (missing > 0) {
      step({ step: "signed", transactionId });
      view.handOut(`dure-${transactionId.slice(0, 8)}.json`, writeDraft(signed, this.#chain.id));
      throw new Refused("incomplete", this.#words.get("signing_incomplete", { count: missing }), { draft: writeDraft(signed, this.#chain.id) });
    }
    const { account: { address: account }, validUntil } = signing;
    const summary = await summarise(reading, display);
    const envelope = completeEnvelope(signed);
    return transactions.submit({ id: transactionId, account, envelope, validUntil, summary }, step);
  }

  // Exactly as many sign as the policy asks for: the chain takes no more.
  async #sign(signing) {
    const given = [...signing.given];
    const places = getPlaces(signing.policy).map((place) => toHex(encode(place)));
    for (const key of signing.keys) {
      if (given.filter((each) => each !== null).length >= getThreshold(signing.policy)) break;
      given[places.indexOf(toHex(encode(getPlace(key))))] ??= await signWith(key, signing.id);
    }
    return { ...signing, given };
  }

  async #prepareDisplay(reading) {
    const [contacts, accounts, keys] = await Promise.all(["contacts", "accounts", "keys"].map((name) => this.#store.list(name)));
    const names = new Map(contacts.map((each) => [each.address, each.name]));
    for (const each of accounts) names.set(each.address, this.#words.get("signing_own_account", { name: each.name }));
    const contracts = reading.calls.map((each) => each.called).filter((each) => !each.isLedger);
    const claimed = new Map(contracts.map((each) => [each.address, listClaims(each, this.#words.language)]));
    const own = new Map(keys.map((key) => [JSON.stringify(renderPlace(getPlace(key))), key.name]));
    return new Display({ words: this.#words, chain: this.#chain, names, claimed, own });
  }

  #explain(problem) {
    return explain(problem, this.#words);
  }
}

// Returns what a refusal says in the page's language, with the node's own words behind it.
export function explain(problem, words) {
  if (problem.isExplained) return problem.message;
  const key = `signing_refused_${problem.code}`;
  if (problem.expected) {
    const expected = words.get(`signing_expected_${problem.expected}`, problem.values);
    return words.get("signing_refused_value", { place: problem.place, expected });
  }
  if (words.has(key)) return words.get(key, { message: makePlain(problem.message) });
  return words.get("signing_refused", { message: makePlain(problem.message), code: problem.code ?? problem.name });
}

// What a contract calls itself, in the page's language first.
function listClaims({ name }, language) {
  return [...new Set(language === "ko" ? [name.ko, name.en] : [name.en, name.ko])];
}

function requireStyles() {
  if (document.querySelector(`link[href="${STYLES}"]`)) return;
  document.head.append(make("link", { rel: "stylesheet", href: STYLES }));
}

class View {
  #words;
  #dialog;
  #body = make("div", { name: "sheet-body" });
  #steps;
  #said = make("p", { name: "sheet-said", role: "status" });
  #buttons = make("p", { name: "sheet-buttons" });
  #asking = true;
  #decided = withResolvers();

  constructor(element, words) {
    this.#words = words;
    this.#decided.promise.catch(() => {}); // A no may come before anybody waits for it.
    const title = make("h2", { text: words.get("signing_title"), id: "signing-title", tabindex: "-1" });
    this.#steps = make("ol", { name: "sheet-steps", "aria-label": words.get("signing_steps") },
      ...STEPS.map((each) => make("li", { text: words.get(`signing_step_${each}`), "data-step": each })));
    this.#dialog = make("dialog", { name: "signing", "aria-labelledby": "signing-title" },
      title, this.#steps, this.#body, this.#said, this.#buttons);
    element.append(this.#dialog);
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#refuse();
    });
    // A browser may close it without asking: that is a no, too.
    this.#dialog.addEventListener("close", () => this.#refuse());
    this.#dialog.showModal();
    title.focus();
  }

  show(content, reading) {
    this.#body.replaceChildren(...content);
    const dangers = reading.calls.flatMap((each) => [each.danger, each.carried?.danger]).filter(Boolean);
    const sign = this.#button("signing_sign", () => this.#agree(), "act");
    sign.dataset.sign = "";
    const cancel = this.#button("signing_cancel", () => this.#refuse());
    cancel.dataset.cancel = "";
    if (dangers.length > 0) this.#body.append(this.#makeWarning(new Set(dangers), sign));
    this.#buttons.replaceChildren(cancel, sign);
    this.#dialog.dataset.ready = "";
  }

  #makeWarning(dangers, sign) {
    const box = make("input", { type: "checkbox", "data-understood": "" });
    sign.disabled = true;
    box.addEventListener("change", () => { sign.disabled = !box.checked; });
    const warnings = [...dangers].map((each) => make("p", { text: this.#words.get(`signing_danger_${each}`) }));
    const label = make("label", {}, box, " ", this.#words.get("signing_understood"));
    return make("section", { name: "sheet-warning", role: "note" }, make("h3", { text: this.#words.get("signing_warning") }), ...warnings, label);
  }

  confirm() {
    return this.#decided.promise;
  }

  #agree() {
    this.#asking = false;
    this.#buttons.replaceChildren();
    this.#said.textContent = this.#words.get("signing_said_created");
    this.#decided.resolve();
  }

  // Until the person agreed, a no is a no; after that the sheet closes and the transaction goes its way.
  #refuse() {
    this.#decided.reject(new Refused("cancelled", this.#words.get("signing_cancelled")));
    if (!this.#asking) this.close();
  }

  reach(step) {
    const reached = STEPS.indexOf(step);
    this.#dialog.dataset.step = step;
    for (const [place, item] of [...this.#steps.children].entries()) {
      item.dataset.state = place <= reached ? "done" : place === reached + 1 ? "next" : "";
      if (place === reached) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    }
    if (step === "created") return;
    this.#said.textContent = this.#words.get(`signing_said_${step}`);
    this.#buttons.replaceChildren(this.#button("signing_background", () => this.close()));
  }

  handOut(name, text) {
    const file = new Blob([text], { type: "application/json" });
    const link = make("a", { name: "button act", href: URL.createObjectURL(file), download: name, text: this.#words.get("signing_save_draft"), "data-draft": "" });
    this.#body.replaceChildren(link);
  }

  finish(kind, text, transactionId) {
    this.#asking = false;
    this.#dialog.dataset.kind = kind;
    this.#said.dataset.kind = kind;
    this.#said.replaceChildren(text);
    if (transactionId && kind === "good") {
      const query = location.search.includes("lang=") ? `?lang=${this.#words.language}` : "";
      this.#said.append(" ", make("a", { href: `/transactions/${transactionId}${query}`, text: this.#words.get("signing_look") }));
    }
    const close = this.#button("signing_close", () => this.close(), "act");
    close.dataset.close = "";
    this.#buttons.replaceChildren(close);
    if (this.#dialog.open) close.focus();
  }

  close() {
    if (!this.#dialog.isConnected) return;
    this.#dialog.close();
    this.#dialog.remove();
  }

  #button(key, task, name = "") {
    const made = make("button", { type: "button", text: this.#words.get(key), name });
    made.addEventListener("click", task);
    return made;
  }
}

function withResolvers() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
