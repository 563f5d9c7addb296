// What becomes of a signed transaction, with a node that answers as a test says: node becoming.mjs FOLDER JOB, what it is about
// as JSON on the standard input. `answers`: by the path's last part, [status, JSON] or a proof's bytes in base64, one after
// the other, the last one for good.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, job] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${folder}/${name}`).href);
const [{ Transactions }, { Store }] = await Promise.all([load("signing/transactions.js"), load("signing/store.js")]);

const wait = globalThis.setTimeout;
globalThis.setTimeout = (task) => wait(task, 0);

function serve(answers) {
  const left = structuredClone(answers);
  globalThis.fetch = async (path) => {
    const name = path.split("?")[0].split("/").at(-1);
    const given = left[name] ?? left.transaction;
    const answer = given.length > 1 ? given.shift() : given[0];
    if (typeof answer === "string") return new Response(Buffer.from(answer, "base64"));
    return new Response(JSON.stringify(answer[1]), { status: answer[0] });
  };
}

const tell = async (task) => {
  try {
    const { height, receipt } = await task;
    return { height, status: receipt.status };
  } catch (problem) {
    if (problem.name !== "Refused") throw problem;
    const { code, message, height = null, happened = null } = problem;
    return { code, message, height, happened };
  }
};

function open({ chain, answers }) {
  serve(answers);
  const store = new Store(null);
  return { store, transactions: new Transactions({ chain: { id: chain, name: "test" }, store }) };
}

const describe = async (store, transactions) => ({
  pending: (await transactions.listPending()).map((each) => each.id),
  proofs: await transactions.listProofs(),
});

const jobs = {
  // Sent by this page, followed to its end.
  async submit(about) {
    const { store, transactions } = open(about);
    const { id, validUntil } = about;
    const steps = [];
    const sent = { id, account: "a", envelope: new Uint8Array(2), validUntil, summary: "paid" };
    const end = await tell(transactions.submit(sent, ({ step }) => steps.push(step)));
    return { end, steps, ...await describe(store, transactions) };
  },
  // Found in the store by a page that was loaded again.
  async resume(about) {
    const { store, transactions } = open(about);
    const { id, validUntil } = about;
    await store.put("pending", { id, account: "a", envelope: "0000", validUntil, summary: "paid", isSent: true });
    const [pending] = await transactions.listPending();
    return { end: await tell(transactions.follow(pending)), ...await describe(store, transactions) };
  },
  // How often the bytes of a proof are read while its list is drawn again and again.
  async listing({ chain }) {
    const { store, transactions } = open({ chain, answers: {} });
    let reads = 0;
    const get = store.get.bind(store);
    store.get = (...given) => { reads += 1; return get(...given); };
    store.list = () => { throw new Error("every proof's bytes are read"); };
    for (const id of ["one", "two"]) await store.put("proofs", { id, time: id.length, proof: new Uint8Array(9) });
    for (let drawn = 0; drawn < 5; drawn += 1) await transactions.listProofs();
    const counted = reads;
    await transactions.deleteProof("one");
    const left = await transactions.listProofs();
    return { counted, left, bytes: (await transactions.getProof("two")).length };
  },
};

process.stdout.write(JSON.stringify(await jobs[job](JSON.parse(readFileSync(0, "utf-8")))));
