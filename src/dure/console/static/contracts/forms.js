// Forms of contracts: questions go to the API, calls to the signer of this page. `data-ready` on the body says that the
// forms may be used.

import { openSigner } from "../signing/signer.js";
import { readField, readFields, writeJson, Wrong } from "./fields.js";
import { showResult } from "./results.js";

const texts = document.querySelector("[data-form-texts]").dataset;
const JSON_TYPE = { "content-type": "application/json" };

let signer = null;

for (const form of document.querySelectorAll("form[data-ask]")) {
  form.addEventListener("submit", (event) => run(event, form, ask));
}
for (const form of document.querySelectorAll("form[data-call]")) {
  form.addEventListener("submit", (event) => run(event, form, call));
}
document.addEventListener("click", (event) => {
  const { add, remove } = event.target.dataset ?? {};
  if (add !== undefined) addItem(event.target.closest("fieldset"));
  if (remove !== undefined) event.target.closest("li").remove();
});
await offerAccounts();
document.body.dataset.ready = "";

function addItem(list) {
  const [template] = [...list.children].filter((child) => child.localName === "template");
  list.querySelector(":scope > [data-items]").append(template.content.cloneNode(true));
}

// The accounts of this browser, in every form that signs.
async function offerAccounts() {
  const places = [...document.querySelectorAll("[data-account]")];
  if (places.length === 0) return;
  signer = await openSigner(null);
  const accounts = await signer.accounts();
  for (const place of places) {
    if (accounts.length > 0) place.replaceChildren();
    for (const account of accounts) place.append(new Option(`${account.name} · ${account.address.slice(0, 12)}…`, account.address));
  }
  const known = document.getElementById("form-addresses");
  known.append(...accounts.map((account) => new Option(account.name, account.address)));
}

async function run(event, form, act) {
  event.preventDefault();
  for (const place of form.querySelectorAll("[data-wrong]")) place.hidden = true;
  const answer = form.querySelector("[data-answer]");
  delete answer.dataset.tone;
  answer.replaceChildren();
  form.setAttribute("aria-busy", "true");
  try {
    await act(form, answer);
  } catch (problem) {
    showProblem(answer, problem);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

function showProblem(answer, problem) {
  if (problem instanceof Wrong) {
    const words = texts[problem.expected] ?? texts.json;
    const place = problem.field.querySelector("[data-wrong]");
    place.textContent = words;
    place.hidden = false;
    problem.field.querySelector("[data-value]").focus();
    return;
  }
  say(answer, "bad", problem instanceof TypeError ? texts.unreachable : problem.message);
}

function say(answer, tone, text) {
  answer.dataset.tone = tone;
  answer.textContent = text;
}

async function ask(form, answer) {
  const { contract, method, result } = form.dataset;
  const found = await post(`/v1/contracts/${contract}/views/${method}`, readFields(form));
  const note = document.createElement("p");
  note.className = "soft";
  note.textContent = `${answer.dataset.asOf} ${found.height}`;
  answer.dataset.tone = "good";
  answer.append(showResult(found.result, JSON.parse(result), answer), note);
}

async function call(form, answer) {
  const { contract, method } = form.dataset;
  const given = readFields(form);
  const account = form.querySelector("[data-account]").value;
  if (!account) throw new Error(form.querySelector("[data-account]").selectedOptions[0].textContent);
  const { problem } = await post(`/contracts/${contract}/check/${method}`, given);
  if (problem) throw new Error(problem);
  const pays = readPayment(form.querySelector("[data-pays]"));
  const done = await signer.send(account, [{ contract, method, arguments: given, ...(pays && { pays }) }]);
  showDone(answer, done);
}

function readPayment(field) {
  return field && { asset: field.dataset.asset, amount: readField(field) };
}

function showDone(answer, done) {
  const isDone = done.receipt.status === "ok";
  say(answer, isDone ? "good" : "bad", isDone ? answer.dataset.done : `${answer.dataset.refused} ${done.receipt.message || done.receipt.status}`);
  const link = document.createElement("a");
  link.href = `/transactions/${done.transactionId}${texts.query}`;
  link.textContent = answer.dataset.look;
  answer.append(" ", link);
}

async function post(path, body) {
  const response = await fetch(path, { method: "POST", headers: JSON_TYPE, body: writeJson(body) });
  const found = await response.json();
  if (!response.ok) throw new Error(found.error?.message ?? response.statusText);
  return found;
}
