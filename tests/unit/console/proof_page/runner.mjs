// Runs the page's own modules in node, for the tests: a job's name as the argument, what it is about as JSON on standard
// input, what came of it as JSON on standard output.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, job] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(`${folder}/${path}`));
const wire = await load("wire.js");
const kinds = await load("proof/form/kinds.js");
const shapes = await load("proof/form/shapes.js");
const hex = (digits) => Uint8Array.from(Buffer.from(digits, "hex"));

const CODEC_KINDS = {
  unsigned: shapes.unsigned,
  boolean: kinds.boolean,
  text: kinds.text(),
  bytes: kinds.bytes(),
  hash: shapes.hash,
  unsigned_list: kinds.list(shapes.unsigned),
  seal: kinds.struct({ validator: shapes.hash, signature: shapes.signature }),
};

function attempt(work) {
  try {
    return work();
  } catch (problem) {
    if (problem.check !== undefined) return { broken: problem.check, says: problem.says };
    if (problem instanceof RangeError || problem instanceof kinds.Mismatch) return null;
    throw problem;
  }
}

function describe(kind) {
  switch (kind.kind) {
    case "integer": return { integer: [String(kind.least), String(kind.most)] };
    case "bytes": return { bytes: [kind.least, kind.most === Infinity ? null : kind.most] };
    case "text": return kind.pattern ? { text: "pattern" } : { text: [kind.least, kind.most === Infinity ? null : kind.most] };
    case "choice": return { choice: kind.words };
    case "list": return { list: describe(kind.of), bounds: [kind.least, kind.most === Infinity ? null : kind.most] };
    case "tuple": return { tuple: kind.items.map(describe) };
    case "either": return { either: kind.options.map(describe) };
    case "struct": return { struct: kind.tag, fields: kind.fields.map(([name, of]) => [name, describe(of)]) };
    default: return kind.kind;
  }
}

function summarise(verdict) {
  const { answer, steps, knownAs, word, chain, chainName, test, height, block, time, round, sealedBy, claim } = verdict;
  const last = steps.at(-1);
  return {
    answer,
    check: last.ok ? null : last.name,
    steps: steps.map((step) => [step.name, step.ok, step.says]),
    facts: { knownAs, word, chain, chainName, test, height, block, time, round, sealedBy },
    claim,
  };
}

const JOBS = {
  async codec(cases) {
    const read = ({ type, bytes }) => attempt(() => {
      const value = kinds.fromWire(CODEC_KINDS[type], wire.decode(hex(bytes)));
      return { form: kinds.toForm(CODEC_KINDS[type], value), bytes: wire.toHex(wire.encode(kinds.toWire(value))) };
    });
    return cases.map(read);
  },
  async hashing(cases) {
    const { hashBytes } = await load("proof/hashing.js");
    return cases.map(({ domain, data }) => wire.toHex(hashBytes(domain.replace("dure/v1/", ""), hex(data))));
  },
  async merkle(cases) {
    const { computeRoot, computeRootFromPath } = await load("proof/hashing.js");
    return cases.map(({ leaves, paths, first_index: first = 0 }) => ({
      root: wire.toHex(computeRoot(leaves.map(hex))),
      paths: paths.map((siblings, place) => {
        const path = { index: BigInt(first + place), size: BigInt(leaves.length), siblings: siblings.map(hex) };
        return wire.toHex(computeRootFromPath(hex(leaves[first + place]), path));
      }),
      bent: paths.map((siblings, place) => {
        const path = { index: BigInt(first + place), size: BigInt(leaves.length), siblings: [...siblings.map(hex), new Uint8Array(32)] };
        return computeRootFromPath(hex(leaves[first + place]), path);
      }),
    }));
  },
  async addresses(texts) {
    const kind = kinds.address;
    return texts.map((text) => attempt(() => wire.toHex(kinds.fromForm(kind, text))));
  },
  async signatures(cases) {
    const { verify } = await load("proof/signatures.js");
    return cases.map(({ key, message, signature }) => verify(hex(key), hex(message), hex(signature)));
  },
  async keys(keys) {
    const { isPasskeyKey, isSoundKey, isWeakKey } = await load("proof/signatures.js");
    return keys.map((each) => ({ sound: isSoundKey(hex(each)), weak: isWeakKey(hex(each)), passkey: isPasskeyKey(hex(each)) }));
  },
  async assertions(cases) {
    const { openProof } = await load("proof/policies.js");
    const { verify } = await load("proof/signatures.js");
    const read = (form) => kinds.fromForm(shapes.PolicyProof, toMap(form));
    return cases.map(({ form, challenge }) => attempt(() => {
      const items = openProof(read(form), hex(challenge), "transaction");
      return items.every((item) => verify(...item));
    }));
  },
  async state_tree(cases) {
    const { checkState } = await load("proof/hashing.js");
    return cases.map(({ root, claim }) => attempt(() => {
      checkState(hex(root), kinds.fromForm(shapes.StateClaim, toMap({ ...claim, type: "state-1" })));
      return "holds";
    }));
  },
  async certificates(cases) {
    const { checkCertificate } = await load("proof/finality.js");
    return cases.map(({ header, certificate, validators }) => attempt(() => checkCertificate(
      kinds.fromForm(shapes.Header, toMap(header)),
      kinds.fromForm(shapes.Certificate, toMap(certificate)),
      kinds.fromForm(shapes.ValidatorSet, toMap(validators)),
      "certificate",
    )));
  },
  async verify(cases) {
    const { verifyProof } = await load("proof/verify.js");
    const found = [];
    for (const { data, trust, wanted } of cases) found.push(summarise(await verifyProof(Buffer.from(data, "base64"), { trust, wanted })));
    return found;
  },
  // What the reader named and what the page's node says, in the order in which the page gives them, and in the other.
  async words({ data, reader, node }) {
    const { verifyProof } = await load("proof/verify.js");
    const { takeWord } = await load("proof/trust.js");
    const own = node === null ? [] : [takeWord(...node)];
    const judge = async (trust) => summarise(await verifyProof(Buffer.from(data, "base64"), { trust }));
    const [found, turned] = [await judge([...reader, ...own]), await judge([...own, ...reader])];
    return found.answer === turned.answer ? found : { answer: "it depends on the order" };
  },
  // Each change is [place, byte]: one byte of the file put in place of another.
  async changes({ data, changes }) {
    const { verifyProof } = await load("proof/verify.js");
    const bytes = Uint8Array.from(Buffer.from(data, "base64"));
    const found = [];
    for (const [place, byte] of changes) {
      const before = bytes[place];
      bytes[place] = byte;
      const last = (await verifyProof(bytes)).steps.at(-1);
      found.push(last.ok ? null : last.name);
      bytes[place] = before;
    }
    return found;
  },
  async shapes() {
    const { EVENTS } = await load("proof/form/ledger_words.js");
    const events = Object.entries(EVENTS).map(([name, fields]) => [name, describe(kinds.struct(fields)).fields]);
    return { proof: describe(shapes.ProofFile), events: Object.fromEntries(events) };
  },
  async trust(entries) {
    const { dropTrust, keepTrust, loadTrust } = await load("proof/trust.js");
    const kept = new Map();
    const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
    for (const entry of entries) keepTrust(entry, storage);
    const learned = loadTrust(storage);
    dropTrust(entries[0].chain, storage);
    const left = loadTrust(storage);
    kept.set([...kept.keys()][0], '[{"chain":"no"},null,5]');
    return { learned, left, spoiled: loadTrust(storage) };
  },
  async texts(facts) {
    const { showFact, showTime } = await load("proof/words.js");
    return { facts: facts.map(showFact), time: showTime(1_700_000_000_123n), far: showTime(2n ** 62n) };
  },
};

function toMap(form) {
  if (Array.isArray(form)) return form.map(toMap);
  if (form !== null && typeof form === "object") {
    return new Map(Object.entries(form).map(([name, value]) => [name, toMap(value)]));
  }
  return typeof form === "number" ? BigInt(form) : form;
}

const answer = await JOBS[job](JSON.parse(readFileSync(0, "utf-8")));
process.stdout.write(JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? String(value) : value)));
