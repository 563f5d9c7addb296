// What this browser keeps for one chain, in IndexedDB: keys (those that sign can be used and never read), accounts,
// contacts, what was sent and is not final yet, and proofs. Nothing of it is ever sent anywhere.
//
//   keys      by id        { id, kind: "device" | "passkey", name, made, key, pair? | credential?, rpId?, origins? }
//   accounts  by address   { address, name, policy (JSON or null), keys: [id], made }
//   contacts  by address   { address, name }
//   pending   by id        { id, account, envelope, validUntil, summary, sent, isSent: the node may have it }
//   assets    by asset     { asset, decimals }: as first seen
//   proofs    by id        { id, account, summary, height, time, status, message, proof }

const VERSION = 2;
const STORES = { keys: "id", accounts: "address", contacts: "address", pending: "id", assets: "asset", proofs: "id" };

// Returns the store of a chain; where the browser has none, one that forgets everything with the page.
export async function openStore(chainId) {
  try {
    return new Store(await open(`dure.wallet.${chainId}`));
  } catch {
    return new Store(null);
  }
}

function open(name) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(name, VERSION);
    asked.onupgradeneeded = () => {
      const missing = Object.entries(STORES).filter(([store]) => !asked.result.objectStoreNames.contains(store));
      for (const [store, keyPath] of missing) asked.result.createObjectStore(store, { keyPath });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
  });
}

export class Store {
  #database;
  #forgetful = Object.fromEntries(Object.keys(STORES).map((name) => [name, new Map()]));

  constructor(database) {
    this.#database = database;
    // Another tab wants a newer form of the store: this one lets go.
    if (database) database.onversionchange = () => database.close();
  }

  get isLasting() {
    return this.#database !== null;
  }

  async get(store, key) {
    if (!this.#database) return this.#forgetful[store].get(key) ?? null;
    return (await this.#run(store, "readonly", (objects) => objects.get(key))) ?? null;
  }

  list(store) {
    if (!this.#database) return Promise.resolve([...this.#forgetful[store].values()]);
    return this.#run(store, "readonly", (objects) => objects.getAll());
  }

  listKeys(store) {
    if (!this.#database) return Promise.resolve([...this.#forgetful[store].keys()]);
    return this.#run(store, "readonly", (objects) => objects.getAllKeys());
  }

  async put(store, value) {
    if (!this.#database) this.#forgetful[store].set(value[STORES[store]], value);
    else await this.#run(store, "readwrite", (objects) => objects.put(value));
  }

  async delete(store, key) {
    if (!this.#database) this.#forgetful[store].delete(key);
    else await this.#run(store, "readwrite", (objects) => objects.delete(key));
  }

  // Resolves when the transaction has ended: what was put is there after a crash.
  #run(store, mode, task) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(store, mode);
      const asked = task(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}
