// Values as people read them, made of elements and text only. Characters that hide, turn or imitate are written out, so
// that a name or a memo cannot make another text look like itself.

import { parsePolicy, getPlaces, getThreshold, renderPlace } from "../ledger.js";
import { parseType, writeAmount } from "./values.js";
import { lookUp } from "./words.js";

const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;
const ITEMS_AT_A_GLANCE = 20;
const UNITS = [["day", 86_400_000n], ["hour", 3_600_000n], ["minute", 60_000n], ["second", 1_000n]];

export function make(tag, { name, text, kind, ...given } = {}, ...inside) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  if (kind) made.dataset.kind = kind;
  for (const [key, value] of Object.entries(given)) made.setAttribute(key, value);
  made.append(...inside.filter((each) => each !== null && each !== ""));
  return made;
}

export function makePlain(text) {
  return text.replace(HIDDEN, (letter) => (letter === "\n" ? letter : `⟨U+${letter.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`));
}

// The code of an asset, with its issuer where another asset has the same code.
export function nameAsset({ asset, code, issuer }, assets) {
  const isShared = assets.some((each) => each.asset !== asset && each.code === code);
  return isShared ? `${code} · ${shorten(issuer)}` : code;
}

export function shorten(address) {
  return `${address.slice(0, 12)}…${address.slice(-6)}`;
}

// Shows values of one sheet. `names`: Map of address to the name that this person gave it; `claimed`: of address to what a
// contract calls itself, which is its author's word and no name that this person knows; `own`: of this browser's keys, by
// their place in a policy.
export class Display {
  constructor({ words, chain, names, claimed, own }) {
    this.words = words;
    this.chain = chain;
    this.names = names;
    this.claimed = claimed;
    this.own = own;
  }

  // Returns rows of a list of terms: dt and dd for each argument.
  async listArguments(given, called) {
    const asset = given.length === 3 && called.isLedger ? given.find((each) => each.type === "Asset")?.value : null;
    const rows = await Promise.all(given.map(async (each) => {
      const shown = each.type === "Amount" && asset ? await this.showAmount(each.value, asset) : await this.show(each.kind, each.value, called);
      return [make("dt", {}, ...this.nameBoth(each.name, called)), make("dd", {}, shown)];
    }));
    return rows.flat();
  }

  // A name of a contract in the page's language, the other one's, and as it stands in the bytes.
  nameBoth(name, called) {
    const spoken = this.words.language === "ko" ? ["ko", "en"] : ["en", "ko"];
    const ledger = called.isLedger && this.words.has(`signing_ledger_${name}`) ? this.words.get(`signing_ledger_${name}`) : null;
    const said = [ledger, ...spoken.map((each) => lookUp(lookUp(called.words, each), name))].filter((each) => each && each !== name);
    const [first, ...others] = new Set(said.map(makePlain));
    const code = make("code", { text: name });
    if (first === undefined) return [code];
    return [make("b", { text: first }), " ", ...others.flatMap((each) => [make("span", { name: "soft", text: each }), " "]), code];
  }

  async show(kind, value, called) {
    if (value === null) return make("span", { text: this.words.get("signing_nobody") });
    switch (kind.sort) {
      case "list": return this.#showList(kind, value, called);
      case "record": return this.#showRecord(kind, value, called);
      case "optional": return this.show(kind.item, value, called);
      case "choice": return make("span", {}, ...this.nameBoth(value, called));
      case "policy": return this.showPolicy(value);
      default: return this.#showScalar(kind, value);
    }
  }

  async #showList(kind, items, called) {
    if (items.length === 0) return make("span", { text: this.words.get("signing_empty_list") });
    const shown = await Promise.all(items.map((item) => this.show(kind.item, item, called)));
    const list = make("ol", { name: "items" }, ...shown.map((each) => make("li", {}, each)));
    if (items.length <= ITEMS_AT_A_GLANCE) return list;
    return make("details", { open: "" }, make("summary", { text: this.words.get("signing_items", { count: items.length }) }), list);
  }

  async #showRecord(kind, value, called) {
    const rows = await Promise.all(kind.shape.fields.map(async (each) => [
      make("dt", {}, ...this.nameBoth(each.name, called)),
      make("dd", {}, await this.show(parseType(each.type, called.shapes), value[each.name], called)),
    ]));
    return make("dl", {}, ...rows.flat());
  }

  async #showScalar(kind, value) {
    switch (kind.name) {
      case "Address": return this.showAddress(value);
      case "Asset": return this.#showAsset(value);
      case "Amount": return make("span", { text: this.words.get("signing_smallest_units", { amount: writeAmount(value, 0) }) });
      case "Time": return this.showTime(value);
      case "Duration": return make("span", { text: this.showDuration(value) });
      case "bool": return make("span", { text: this.words.get(value ? "signing_yes" : "signing_no") });
      case "str": return value === "" ? make("span", { name: "soft", text: this.words.get("signing_empty_text") }) : make("bdi", { name: "said", text: makePlain(value) });
      case "bytes": case "Hash": return make("span", { name: "hash", text: value || "–" });
      default: return make("span", { text: String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f") });
    }
  }

  // An address, and by which name this person knows it.
  showAddress(address) {
    return make("span", {}, ...this.nameAddress(address), " ", make("span", { name: "hash", text: address }));
  }

  // The person's own name for an address first; what a contract calls itself only behind it, and as its own word.
  nameAddress(address) {
    const name = this.names.get(address);
    const said = name === undefined ? make("span", { name: "pill quiet", text: this.words.get("signing_stranger") }) : make("bdi", { name: "known", text: makePlain(name) });
    const claims = (this.claimed.get(address) ?? []).map((each) => make("bdi", { name: "soft", text: this.words.get("signing_calls_itself", { name: makePlain(each) }) }));
    return [said, ...claims.flatMap((each) => [" ", each])];
  }

  async #showAsset(id) {
    const asset = await this.chain.getAsset(id);
    if (!asset) return make("span", {}, this.words.get("signing_unknown_asset"), " ", make("span", { name: "hash soft", text: id }));
    return make("span", {}, make("b", { text: asset.code }), " ", this.#showIssuer(asset), " ", make("span", { name: "hash soft", text: id }));
  }

  async showAmount(units, id) {
    const asset = await this.chain.getAsset(id);
    if (!asset) return make("span", {}, this.words.get("signing_smallest_units", { amount: writeAmount(units, 0) }), " · ", await this.#showAsset(id));
    return make("span", {}, make("b", { name: "amount", text: `${writeAmount(units, asset.decimals)} ${asset.code}` }), " ", this.#showIssuer(asset));
  }

  // Anybody may issue money of any code: only with its issuer does the code say which.
  #showIssuer({ issuer }) {
    const name = this.names.get(issuer) ?? shorten(issuer);
    return make("bdi", { name: "soft", text: this.words.get("signing_issued_by", { name: makePlain(name) }) });
  }

  showTime(value) {
    const milliseconds = Number(value);
    if (milliseconds > 253_402_300_799_999) return make("span", { text: String(value) });
    const moment = new Date(milliseconds);
    const local = new Intl.DateTimeFormat(this.words.language, { dateStyle: "medium", timeStyle: "medium" }).format(moment);
    const shown = make("time", { datetime: moment.toISOString(), text: local });
    const world = `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`;
    return make("span", {}, shown, " ", make("span", { name: "soft", text: `(${world})` }));
  }

  showDuration(value) {
    let left = value < 0n ? -value : value;
    const parts = [];
    for (const [unit, length] of UNITS) {
      if (left >= length) parts.push(this.words.get(`signing_${unit}`, { count: left / length }));
      left %= length;
    }
    if (left > 0n || parts.length === 0) parts.push(`${left} ms`);
    return `${value < 0n ? "−" : ""}${parts.join(" ")}`;
  }

  // Whose signatures a policy asks for, this browser's own keys by their names.
  showPolicy(form) {
    const policy = parsePolicy(form);
    const places = getPlaces(policy);
    const rows = places.map((place) => {
      const rendered = renderPlace(place);
      const key = this.own.get(JSON.stringify(rendered));
      const kind = this.words.get(place instanceof Uint8Array ? "signing_kind_device" : "signing_kind_passkey");
      const said = key ? make("bdi", { name: "known", text: makePlain(key) }) : make("span", { name: "pill quiet", text: this.words.get("signing_foreign_key") });
      const places = rendered.origins ? this.words.get("signing_key_used_at", { party: rendered.rp_id, origins: rendered.origins.join(", ") }) : "";
      return make("li", {}, said, ` ${kind} `, make("span", { name: "hash", text: rendered.key ?? rendered }), places && make("div", { name: "soft", text: places }));
    });
    const rule = this.words.get("signing_of", { threshold: getThreshold(policy), count: places.length });
    return make("div", {}, make("p", { text: rule }), make("ul", { name: "plain" }, ...rows));
  }
}
