// The wallet page: accounts whose keys are passkeys of this browser. What is kept here says which passkey belongs to
// which address, and nothing secret; the chain says which of them may sign. Everything is written as text.

import { buildBody, buildEnvelope, buildPolicy, computeAddress, decodeAddress, encodeAddress, setPolicy, transfer } from "./ledger.js";
import { createPasskey, isAvailable, sign } from "./passkey.js";
import { fromHex, toHex } from "./wire.js";

const page = document.querySelector("[data-wallet]");
const words = page.dataset;
const list = page.querySelector("[data-accounts]");
const template = page.querySelector("template");
const said = page.querySelector("[data-said]");
const chainId = words.chain;
const place = `dure.wallet.${chainId}`;
const WAIT_S = 30;

let accounts = load();

function load() {
  return (JSON.parse(localStorage.getItem(place)) ?? []).map(({ address, passkeys }) => ({
    address,
    passkeys: passkeys.map((each) => ({ ...each, id: fromHex(each.id), key: fromHex(each.key) })),
  }));
}

function save() {
  const plain = accounts.map(({ address, passkeys }) => ({
    address,
    passkeys: passkeys.map((each) => ({ ...each, id: toHex(each.id), key: toHex(each.key) })),
  }));
  localStorage.setItem(place, JSON.stringify(plain));
}

function say(text, kind, link) {
  said.dataset.kind = kind;
  said.replaceChildren(text);
  if (link) {
    const way = document.createElement("a");
    way.href = link;
    way.textContent = words.look;
    said.append(" ", way);
  }
}

// One thing at a time: an authenticator asks one question at a time, too.
async function work(task) {
  if (page.ariaBusy === "true") return;
  page.ariaBusy = "true";
  say(words.working, "working");
  try {
    await task();
  } catch (problem) {
    say(problem.name === "NotAllowedError" ? words.declined : `${words.refused} ${problem.message}`, "bad");
  } finally {
    page.ariaBusy = "false";
  }
}

async function ask(path, options) {
  const answer = await fetch(path, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error.message);
  return body;
}

async function send(account, passkey, calls) {
  const sender = await readAddress(account.address);
  const { body, id } = await buildBody(fromHex(chainId), sender, calls);
  const envelope = buildEnvelope(body, buildPolicy(passkey), await sign(passkey, id));
  const answer = await ask(`/v1/transactions?wait=final&timeout_s=${WAIT_S}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: envelope,
  });
  if (answer.receipt.status !== "ok") throw new Error(answer.receipt.message);
  say(words.final, "good", `/transactions/${answer.transaction_id}${words.query}`);
  await show();
}

function readAddress(text) {
  const address = decodeAddress(text);
  if (address === null) throw new Error(words.mistyped);
  return address;
}

// Which of an account's passkeys the chain lets sign: the last that replaced the others, or the one of the address.
async function findCurrent(account, known) {
  if (known.policy) return account.passkeys.find((each) => isSame(known.policy, each));
  for (const each of account.passkeys) {
    if (encodeAddress(await computeAddress(buildPolicy(each))) === account.address) return each;
  }
  return undefined;
}

function isSame(policy, passkey) {
  return Object.values(policy).some((value) => value === toHex(passkey.key) || value?.key === toHex(passkey.key));
}

async function show() {
  const { assets } = await ask("/v1/assets");
  const rows = await Promise.all(accounts.map((account) => describe(account, assets)));
  list.replaceChildren(...rows);
  page.dataset.ready = String(accounts.length);
}

async function describe(account, assets) {
  const known = await ask(`/v1/accounts/${account.address}`);
  const current = await findCurrent(account, known);
  const row = template.content.firstElementChild.cloneNode(true);
  const field = (name) => row.querySelector(`[data-field="${name}"]`);
  row.dataset.address = account.address;
  field("address").textContent = account.address;
  field("organisation").textContent = known.organisation ?? words.unenrolled;
  field("balances").replaceChildren(...known.balances.map((each) => item(`${each.amount} ${each.code}`)));
  field("assets").replaceChildren(...assets.map((each) => option(each.asset, each.code)));
  for (const passkey of account.passkeys) {
    const state = passkey === current ? words.current : words.withdrawn;
    field("passkey").append(option(toHex(passkey.id), `${passkey.name} · ${state}`, passkey === current));
  }
  const chosen = () => account.passkeys.find((each) => toHex(each.id) === field("passkey").value);
  row.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    work(() => pay(account, chosen(), new FormData(event.target)));
  });
  row.querySelector("[data-replace]").addEventListener("click", () => work(() => replace(account, chosen())));
  return row;
}

function item(text) {
  const made = document.createElement("li");
  made.textContent = text;
  return made;
}

function option(value, text, selected = false) {
  return new Option(text, value, selected, selected);
}

function pay(account, passkey, form) {
  const amount = form.get("amount").trim();
  if (!/^[0-9]{1,19}$/.test(amount)) throw new Error(words.amount);
  const call = transfer(fromHex(form.get("asset")), readAddress(form.get("to")), BigInt(amount));
  return send(account, passkey, [call]);
}

// A new passkey takes the place of the one that signs this: on the chain from the next block on.
async function replace(account, passkey) {
  const fresh = await make(account.passkeys.length + 1);
  // Kept before it is sent: whether or not the answer comes, the chain says later which of them signs.
  account.passkeys.push(fresh);
  save();
  await send(account, passkey, [setPolicy(buildPolicy(fresh))]);
}

async function make(number) {
  const name = `${words.passkey} ${number}`;
  return { name, ...(await createPasskey(name)) };
}

async function begin() {
  const passkey = await make(1);
  const address = encodeAddress(await computeAddress(buildPolicy(passkey)));
  accounts.push({ address, passkeys: [passkey] });
  save();
  await show();
  say(words.made, "good");
}

if (isAvailable()) {
  page.querySelector("[data-make]").addEventListener("click", () => work(begin));
  show().catch((problem) => say(`${words.refused} ${problem.message}`, "bad"));
} else {
  page.querySelector("[data-make]").disabled = true;
  say(words.unavailable, "bad");
}
