// Runs one job of the wallet's modules: node runner.mjs FOLDER JOB, what it is about as JSON on the standard input.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, job] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${folder}/${name}`).href);
const [wire, ledger, values, methods, uri, contacts, drafts, reading, showing, pages, words, chains, stores] = await Promise.all([
  load("wire.js"), load("ledger.js"), load("signing/values.js"), load("signing/ledger_methods.js"),
  load("wallet/uri.js"), load("wallet/contact_file.js"), load("signing/drafts.js"),
  load("signing/reading.js"), load("signing/showing.js"), load("signing/pages.js"), load("signing/words.js"),
  load("signing/chain.js"), load("signing/store.js"),
]);

// As much of a page as is drawn on: elements of which only the text is asked.
class Element {
  #inside = [];
  dataset = {};

  setAttribute() {}

  append(...given) {
    this.#inside.push(...given);
  }

  set textContent(text) {
    this.#inside = [text];
  }

  get textContent() {
    return this.#inside.map((each) => (each instanceof Element ? each.textContent : String(each))).join("");
  }
}
globalThis.document = { createElement: () => new Element() };

function makeDisplay({ texts = {}, names = [], claimed = [], assets = [] }) {
  const chain = { name: "town", id: "ab", test: false, getAsset: async (id) => assets.find((each) => each.asset === id) ?? null };
  const given = { words: new words.Words(texts, "en"), chain, names: new Map(names), claimed: new Map(claimed), own: new Map() };
  return new showing.Display(given);
}

const attempt = (task) => {
  try {
    return task();
  } catch (problem) {
    if (problem.name !== "Refused" && !(problem instanceof RangeError)) throw problem;
    return { refused: problem.code ?? "range" };
  }
};

// Long bytes as their SHA-256, as the vectors have them.
const tell = (bytes) => (bytes.length <= 600 ? wire.toHex(bytes) : createHash("sha256").update(bytes).digest("hex"));

// From the vectors' JSON: scripts/argument_vectors.py says what stands for what.
function open(value) {
  if (Array.isArray(value)) return value.map(open);
  if (value === null || typeof value !== "object") return value;
  if (Object.keys(value).join() === "large") return BigInt(value.large);
  if (Object.keys(value).join() === "repeat,times") {
    const { repeat, times } = value;
    return Array.isArray(repeat) ? Array.from({ length: times }, () => open(repeat[0])) : repeat.repeat(times);
  }
  if (Object.keys(value).join() === "address") return ledger.encodeAddress(wire.fromHex(value.address));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, open(each)]));
}

const plain = (value) => JSON.parse(JSON.stringify(value, (_, each) => (typeof each === "bigint" ? String(each) : each)));
const take = (shapes, type) => ({ ...shapes, methods: { take: { parameters: [{ name: "value", type }], kind: "call" } } });

const jobs = {
  encode: ({ interface: shapes, cases }) => cases.map((each) => attempt(() => {
    return tell(values.encodeArguments(take(shapes, each.type), "take", { value: open(each.value) }));
  })),
  decode: ({ interface: shapes, cases }) => cases.map((each) => attempt(() => {
    return plain(values.decodeArguments(take(shapes, each.type), "take", wire.fromHex(each.bytes))[0].value);
  })),
  again: ({ interface: shapes, cases }) => cases.map((each) => {
    const kind = take(shapes, each.type);
    const bytes = values.encodeArguments(kind, "take", { value: open(each.value) });
    const [{ value }] = values.decodeArguments(kind, "take", bytes);
    return tell(values.encodeArguments(kind, "take", { value }));
  }),
  amounts: (cases) => cases.map(([text, decimals]) => plain(values.readAmount(text, decimals))),
  shown: (cases) => cases.map(([units, decimals]) => values.writeAmount(BigInt(units), decimals)),
  ledger: () => Object.fromEntries(Object.entries(methods.LEDGER_SHAPES.methods).map(([name, { parameters }]) => [name, parameters])),
  records: () => methods.LEDGER_SHAPES.records,
  ledgerCalls: (cases) => cases.map(({ method, bytes }) => attempt(() => {
    const given = values.decodeArguments(methods.LEDGER_SHAPES, method, wire.fromHex(bytes));
    const named = Object.fromEntries(given.map((each) => [each.name, each.value]));
    return { named: plain(named), again: wire.toHex(values.encodeArguments(methods.LEDGER_SHAPES, method, named)) };
  })),
  policies: async (cases) => Promise.all(cases.map(async (form) => {
    const policy = attempt(() => ledger.parsePolicy(form));
    if (policy.refused) return policy;
    return { bytes: wire.toHex(wire.encode(policy)), address: ledger.encodeAddress(await ledger.computeAddress(policy)), form: ledger.renderPolicy(policy) };
  })),
  body: async ({ chain, sender, calls, validUntil, gasLimit }) => {
    const bytes = ledger.buildBody({
      chainId: wire.fromHex(chain), sender: wire.fromHex(sender), validUntil, gasLimit,
      calls: calls.map(([contract, method, given, pays]) => [wire.fromHex(contract), method, wire.fromHex(given), pays && [wire.fromHex(pays[0]), BigInt(pays[1])]]),
    });
    return { bytes: wire.toHex(bytes), id: wire.toHex(await ledger.computeTransactionId(bytes)), opened: plain(ledger.openBody(bytes).calls.length) };
  },
  bodies: (cases) => cases.map((bytes) => attempt(() => Boolean(ledger.openBody(wire.fromHex(bytes))))),
  gas: ({ calls, policy }) => ledger.estimateGas(calls.map(([contract, method, given]) => [wire.fromHex(contract), method, wire.fromHex(given), null]), ledger.parsePolicy(policy)),
  asset: async ({ issuer, code }) => wire.toHex(await ledger.computeAssetId(wire.fromHex(issuer), code)),
  // A chain of which the contract is known by the vectors' interface, and the ledger by the page's own table.
  read: ({ chain, interface: shapes, cases }) => Promise.all(cases.map(async (bytes) => {
    const getContract = async (address) => {
      const isLedger = address === ledger.encodeAddress(ledger.LEDGER);
      return { address, isLedger, shapes: isLedger ? methods.LEDGER_SHAPES : shapes };
    };
    try {
      const found = await reading.readTransaction(wire.fromHex(bytes), { id: chain, getContract });
      const calls = found.calls.map((call) => ({
        contract: call.called.address, method: call.method, danger: call.danger, pays: call.pays, carried: call.carried?.method ?? null,
        arguments: Object.fromEntries(call.arguments.map((each) => [each.name, each.value])),
      }));
      return plain({ ...found, calls });
    } catch (problem) {
      if (problem.name !== "Refused") throw problem;
      return { refused: problem.code };
    }
  })),
  requests: ({ chain, cases }) => cases.map((text) => attempt(() => plain(uri.readRequest(text, chain)))),
  request: (given) => uri.writeRequest({ ...given, amount: given.amount === null ? null : BigInt(given.amount) }),
  contacts: (cases) => cases.map((text) => attempt(() => contacts.readContacts(text))),
  free: (cases) => cases.map(([known, fresh, may]) => attempt(() => { contacts.requireFree(known, fresh, may); return true; })),
  items: async (count) => {
    const kind = { sort: "list", item: { sort: "scalar", name: "str" } };
    const items = Array.from({ length: count }, (_, place) => `<${place}>`);
    return (await makeDisplay({}).show(kind, items, {})).textContent;
  },
  amount: async (about) => (await makeDisplay(about).showAmount(5n, about.asset)).textContent,
  address: (about) => makeDisplay(about).showAddress(about.address).textContent,
  policy: (about) => makeDisplay(about).showPolicy(about.form).textContent,
  both: (about) => makeDisplay(about).nameBoth(about.name, { words: { en: {}, ko: {} } }).map((each) => each.textContent ?? each),
  sheet: async ({ call, ...about }) => {
    const reading = { sender: "me", moves: [], validUntil: 1, gasLimit: 1, calls: [call] };
    const display = makeDisplay(about);
    const drawn = await pages.drawReading({ reading, signing: { keys: [], body: [], id: [] }, display, chain: display.chain });
    return drawn.map((each) => each.textContent).join("");
  },
  codes: (assets) => assets.map((each) => showing.nameAsset(each, assets)),
  // What a wallet says when the node answers so, one page after another over one store.
  money: async (answers) => {
    const store = new stores.Store(null);
    const said = [];
    for (const assets of answers) {
      globalThis.fetch = async () => ({ ok: true, json: async () => ({ assets }) });
      const chain = new chains.Chain({ chain_id: "ab", parameters: { replay_window: 1 } });
      chain.rememberIn(store);
      said.push(await chain.listAssets().then((found) => found.length, (problem) => ({ refused: problem.code })));
    }
    return said;
  },
  // The versions of a contract that a page learns, a new one put on the chain between two transactions.
  upgraded: async (address) => {
    let version = 0;
    const status = { chain_id: "ab", offset: 0, parameters: { replay_window: 1 } };
    globalThis.fetch = async (path) => ({ ok: true, json: async () => (path === "/v1/status" ? status : { name: "toString", interface: {}, version: (version += path.endsWith("/agreement") ? 0 : 1) }) });
    const chain = new chains.Chain(status);
    const before = await chain.getContract(address);
    await chain.refresh();
    const after = await chain.getContract(address);
    return [before.version, after.version, after.name.en];
  },
  drafts: ({ chain, cases }) => cases.map((text) => attempt(() => drafts.writeDraft(drafts.openDraft(text, chain), chain) === text)),
  envelope: ({ body, policy, given }) => {
    const draft = { body: wire.fromHex(body), policy: ledger.parsePolicy(policy), given: given.map((each) => each && wire.fromHex(each)) };
    return wire.toHex(drafts.completeEnvelope(draft));
  },
};

const about = JSON.parse(readFileSync(0, "utf-8") || "null");
process.stdout.write(JSON.stringify(await jobs[job](about)));
