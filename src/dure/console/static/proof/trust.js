// Which chains a person knows (docs/spec/proof.md P9, P10): entries kept in this browser, under names of the person's choice.
// What a page was served by says nothing: whoever serves it could have made the chain. Where its word is taken all the same,
// the entry says so, and what it leads to is never called proved.

const PLACE = "dure.proof.trust";
const ENTRIES_MAX = 1000;
const NAME_MAX = 64;
const CHAIN = /^[0-9a-f]{64}$/;

export function isChainId(text) {
  return CHAIN.test(text);
}

// Returns what the node that served this page says of its own chain, as an entry.
export function takeWord(chain, name) {
  return { chain, name, checkpoint: null, isNodesWord: true };
}

// Returns the entries: { chain, name, checkpoint: { height, block } or null }. What cannot be read counts as none.
export function loadTrust(storage = localStorage) {
  try {
    const entries = JSON.parse(storage.getItem(PLACE) ?? "[]");
    return Array.isArray(entries) ? entries.filter(isEntry).map(pickEntry) : [];
  } catch {
    return [];
  }
}

export function keepTrust(entry, storage = localStorage) {
  const others = loadTrust(storage).filter((each) => each.chain !== entry.chain);
  const kept = [{ ...entry, name: entry.name.slice(0, NAME_MAX) }, ...others].slice(0, ENTRIES_MAX);
  storage.setItem(PLACE, JSON.stringify(kept));
}

export function dropTrust(chain, storage = localStorage) {
  storage.setItem(PLACE, JSON.stringify(loadTrust(storage).filter((each) => each.chain !== chain)));
}

// An entry that was kept is the reader's, whatever else stands in it.
function pickEntry({ chain, name, checkpoint }) {
  return { chain, name, checkpoint };
}

function isEntry(entry) {
  const { chain, name, checkpoint } = entry ?? {};
  const blocked = checkpoint === null || (Number.isSafeInteger(checkpoint?.height) && isChainId(checkpoint.block));
  return isChainId(chain) && typeof name === "string" && name.length > 0 && blocked;
}
