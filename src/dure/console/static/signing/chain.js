// The chain that a signer is bound to, and what its node says of contracts and money. What the node says decides nothing
// that is signed: the chain id was fixed when the page opened, and an asset's code is checked against its id.

import { readBounded, TooLarge } from "../proof/fetching.js";
import { LEDGER, computeAssetId, decodeAddress, encodeAddress } from "../ledger.js";
import { fromHex, toHex } from "../wire.js";
import { LEDGER_SHAPES } from "./ledger_methods.js";
import { Refused } from "./refused.js";
import { lookUp } from "./words.js";

const LEDGER_ADDRESS = encodeAddress(LEDGER);
const WAIT_MS = 30_000;
const DECIMALS_MAX = 18;

// Returns the answer's JSON; throws `Refused` with the node's code and words, "unreachable" where there was no answer.
export async function ask(path, options) {
  const answer = await reach(path, options);
  return receive(answer.json());
}

// Returns a proof's bytes as they came, for every one counts, and never more than a proof may have.
export async function askBytes(path) {
  const answer = await reach(path);
  return receive(readBounded(answer.body.getReader()));
}

// What breaks off on its way is no answer.
async function receive(body) {
  try {
    return await body;
  } catch (problem) {
    if (problem instanceof TooLarge) throw new Refused("wrong_proof", "it is larger than a proof may be");
    throw new Refused("unreachable", "the node's answer broke off");
  }
}

async function reach(path, options) {
  let answer = null;
  try {
    answer = await fetch(path, { ...options, signal: AbortSignal.timeout(WAIT_MS) });
  } catch {
    throw new Refused("unreachable", "the node does not answer");
  }
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({}));
  throw new Refused(error?.code ?? "unreachable", error?.message ?? `status ${answer.status}`);
}

export class Chain {
  #contracts = new Map();
  #assets = new Map();
  #store = null;

  static async open() {
    return new Chain(await ask("/v1/status"));
  }

  constructor(status) {
    this.id = status.chain_id;
    this.idBytes = fromHex(status.chain_id);
    this.name = status.chain_name;
    this.test = status.test;
    this.offset = status.offset;
    this.window = Number(status.parameters.replay_window);
  }

  // Learns how far a test chain's clock is off by now, and forgets the contracts that it read; throws where the node has
  // come to serve another chain meanwhile.
  async refresh() {
    const status = await ask("/v1/status");
    if (status.chain_id !== this.id) throw new Refused("wrong_chain", "the node serves another chain than this page was opened for");
    this.offset = status.offset;
    this.#contracts.clear(); // One may have been given other code since.
  }

  // Has a store keep what was learnt of money, from one page to the next.
  rememberIn(store) {
    this.#store = store;
  }

  getAccount(address) {
    return ask(`/v1/accounts/${address}`);
  }

  // Returns { address, isLedger, shapes, name: {en, ko}, words: {en, ko}, texts: {method: {en, ko}} } of a contract.
  async getContract(address) {
    const bytes = address === "ledger" ? LEDGER : decodeAddress(address);
    if (bytes === null) throw new Refused("wrong_value", `${address} is no address`, { place: "contract", expected: "address", values: {} });
    const name = encodeAddress(bytes);
    if (name === LEDGER_ADDRESS) return { address: name, bytes, isLedger: true, shapes: LEDGER_SHAPES };
    if (!this.#contracts.has(name)) this.#contracts.set(name, await this.#readContract(name, bytes));
    return this.#contracts.get(name);
  }

  async #readContract(address, bytes) {
    const [found, page] = await Promise.all([
      ask(`/v1/contracts/${address}`),
      ask(`/v1/contracts/${address}/agreement`).catch(() => null),
    ]);
    const agreement = page?.agreement;
    const words = { en: agreement?.words?.en ?? {}, ko: agreement?.words?.ko ?? {} };
    const call = (language) => lookUp(words[language], found.name) ?? found.name;
    return {
      address, bytes, isLedger: false, shapes: found.interface, words,
      name: { en: call("en"), ko: call("ko") },
      texts: agreement ? listTexts(agreement) : {},
      version: found.version,
    };
  }

  // Returns { asset, code, decimals } of an asset, or null where the node names none that has this id.
  async getAsset(id) {
    if (!this.#assets.has(id)) await this.listAssets();
    return this.#assets.get(id) ?? null;
  }

  async listAssets() {
    const { assets } = await ask("/v1/assets");
    for (const each of assets) {
      const issuer = decodeAddress(each.issuer);
      // The id is the hash of issuer and code: a node cannot call one kind of money by another's name.
      if (!issuer || toHex(await computeAssetId(issuer, each.code)) !== each.asset) continue;
      await this.#requireSameDecimals(each);
      this.#assets.set(each.asset, each);
    }
    return [...this.#assets.values()];
  }

  // The id says nothing of the decimals, and no chain ever changes them: what this browser saw first holds.
  async #requireSameDecimals({ asset, code, decimals }) {
    if (!Number.isInteger(decimals) || decimals < 0 || decimals > DECIMALS_MAX) throw new Refused("wrong_decimals", `${code}: ${decimals}`);
    const known = this.#assets.get(asset) ?? await this.#store?.get("assets", asset) ?? null;
    if (known === null) await this.#store?.put("assets", { asset, decimals });
    else if (known.decimals !== decimals) throw new Refused("wrong_decimals", `${code}: ${known.decimals} → ${decimals}`);
  }
}

function listTexts(agreement) {
  const clauses = agreement.duties.flatMap((each) => each.clauses);
  return Object.fromEntries(clauses.map((each) => [each.name, each.text]));
}
