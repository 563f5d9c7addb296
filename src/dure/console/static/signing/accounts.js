// The accounts of this browser on one chain: which of its keys act for which of them now. The chain says who acts; what is
// kept here says only which keys and addresses belong together, and under which names.

import {
  buildBody, buildThresholdPolicy, computeAddress, computeTransactionId, decodeAddress, encodeAddress, estimateGas,
  getPlaces, getThreshold, isSamePolicy, openBody, parsePlace, parsePolicy, renderPlace, renderPolicy,
} from "../ledger.js";
import { encode, isSame, toHex } from "../wire.js";
import { openDraft } from "./drafts.js";
import { cleanName, getPlace, getSinglePolicy, makeKey } from "./keys.js";
import { Refused } from "./refused.js";

const VALID_FOR_MS = 60_000; // Half of a chain's usual window.
const ACCOUNTS_MAX = 100;

export class AccountBook {
  #store;
  #chain;

  constructor(store, chain) {
    this.#store = store;
    this.#chain = chain;
  }

  listKeys() {
    return this.#store.list("keys");
  }

  // Returns a new key of this browser; `kind` is "device" or "passkey".
  async addKey(kind, name) {
    const key = await makeKey(kind, name);
    await this.#store.put("keys", key);
    // Asks the browser not to clear what only this browser has; it may say no.
    await navigator.storage?.persist?.().catch(() => false);
    return key;
  }

  async renameKey(id, name) {
    const key = await this.#store.get("keys", id);
    await this.#store.put("keys", { ...key, name: cleanName(name) });
  }

  // Where no other key acts for an account, nobody can move what it holds any more; the page warns of that before.
  removeKey(id) {
    return this.#store.delete("keys", id);
  }

  async addAccount(name, key) {
    return this.#addPolicy(name, getSinglePolicy(key));
  }

  // `members`: places of a policy as JSON: 64 hexadecimal digits of an Ed25519 key, or a passkey's policy.
  async addShared(name, threshold, members) {
    const places = members.map((each) => attempt(() => parsePlace(each), "wrong_member"));
    const policy = attempt(() => parsePolicy(renderPolicy(buildThresholdPolicy(threshold, places))), "wrong_threshold");
    return this.#addPolicy(name, policy);
  }

  // An account that has been given a key of this browser on the chain since it was made.
  async addExisting(name, address) {
    if (decodeAddress(address) === null) throw new Refused("wrong_address", "that is no address");
    return this.#keep({ address: address.trim().toLowerCase(), name: cleanName(name), policy: null });
  }

  async renameAccount(address, name) {
    const account = await this.#store.get("accounts", address);
    await this.#store.put("accounts", { ...account, name: cleanName(name) });
  }

  removeAccount(address) {
    return this.#store.delete("accounts", address);
  }

  async list() {
    const accounts = await this.#store.list("accounts");
    accounts.sort((left, right) => left.made - right.made);
    return Promise.all(accounts.map((each) => this.#describe(each)));
  }

  async find(address) {
    const account = await this.#store.get("accounts", address);
    if (account === null) throw new Refused("no_key", "this browser has no such account");
    return this.#describe(account);
  }

  // Returns what the sheet shows and has signed: { account, body, id, policy, given, keys, validUntil }.
  async prepare(account, calls, keyIds) {
    const acting = account.keys.filter((key) => key.acts);
    const chosen = keyIds === null ? acting : account.keys.filter((key) => keyIds.includes(key.id));
    const [key] = chosen;
    if (!key) throw new Refused("no_key", "no key of this browser acts for this account", { account: account.address });
    // A key that does not act may be tried all the same: the chain refuses it, and says why.
    const policy = key.acts ? account.policy : getSinglePolicy(key);
    const validUntil = Date.now() + (chosen.length < getThreshold(policy) ? this.#getLongest() : VALID_FOR_MS);
    const body = buildBody({
      chainId: this.#chain.idBytes,
      sender: decodeAddress(account.address),
      calls,
      validUntil,
      gasLimit: estimateGas(calls, policy),
    });
    const given = getPlaces(policy).map(() => null);
    return { account, body, id: await computeTransactionId(body), policy, given, keys: chosen, validUntil };
  }

  // The same of a half-signed transaction; throws where no key of this browser is still needed.
  async resume(text) {
    const draft = openDraft(text, this.#chain.id);
    const { sender, validUntil } = openBody(draft.body);
    const address = encodeAddress(sender);
    const current = await this.#readPolicy({ address, policy: renderPolicy(draft.policy) });
    if (current === null || !isSamePolicy(current.policy, draft.policy)) throw new Refused("wrong_policy", "others act for this account now");
    const open = getPlaces(draft.policy).filter((_, place) => draft.given[place] === null);
    const keys = (await this.listKeys()).filter((key) => open.some((place) => isSamePlace(place, key)));
    if (keys.length === 0) throw new Refused("no_key", "no key of this browser is asked for", { account: address });
    const known = await this.#store.get("accounts", address);
    const account = { address, name: known?.name ?? "", keys: keys.map((key) => ({ ...key, acts: true })) };
    return { account, ...draft, id: await computeTransactionId(draft.body), keys: account.keys, validUntil };
  }

  #getLongest() {
    return Math.max(VALID_FOR_MS, Math.floor(0.9 * this.#chain.window));
  }

  async #addPolicy(name, policy) {
    const address = encodeAddress(await computeAddress(policy));
    return this.#keep({ address, name: cleanName(name), policy: renderPolicy(policy) });
  }

  async #keep(account) {
    const known = await this.#store.list("accounts");
    if (known.some((each) => each.address === account.address)) throw new Refused("known", "this browser has that account already");
    if (known.length >= ACCOUNTS_MAX) throw new Refused("too_many", "a browser keeps a hundred accounts at most");
    await this.#store.put("accounts", { ...account, made: Date.now() });
    return this.#describe(await this.#store.get("accounts", account.address));
  }

  async #describe(account) {
    const [current, keys] = await Promise.all([this.#readPolicy(account), this.listKeys()]);
    const policy = current?.policy ?? null;
    const first = account.policy === null ? null : parsePolicy(account.policy);
    const places = [policy, first].filter(Boolean).flatMap(getPlaces);
    const own = keys.filter((key) => places.some((place) => isSamePlace(place, key)));
    const described = own.map((key) => ({ ...key, acts: policy !== null && getPlaces(policy).some((place) => isSamePlace(place, key)) }));
    return {
      address: account.address,
      name: account.name,
      policy,
      first: account.policy,
      members: policy === null ? [] : getPlaces(policy).map(renderPlace),
      threshold: policy === null ? 1 : getThreshold(policy),
      keys: described,
      acting: described.filter((key) => key.acts).length,
      organisation: current?.known.organisation ?? null,
      balances: current?.known.balances ?? [],
      known: current?.known ?? null,
    };
  }

  // The policy that acts now: the one that the chain has noted, or the first one, whose hash is the address.
  async #readPolicy({ address, policy }) {
    const known = await this.#chain.getAccount(address);
    if (known.policy !== null) return { known, policy: parsePolicy(known.policy) };
    const first = policy === null ? null : parsePolicy(policy);
    const isOwn = first !== null && isSame(await computeAddress(first), decodeAddress(address));
    return isOwn ? { known, policy: first } : { known, policy: null };
  }
}

function isSamePlace(place, key) {
  return toHex(encode(place)) === toHex(encode(getPlace(key)));
}

function attempt(task, code) {
  try {
    return task();
  } catch (problem) {
    throw new Refused(code, problem.message);
  }
}
