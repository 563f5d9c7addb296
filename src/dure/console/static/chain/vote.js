// Voting on a proposal by an organisation's account of this browser. Who may vote, the contract says; only accounts that
// decide are offered first, and a vote that does not fit is refused by every validator alike.

import { openSigner } from "../signing/signer.js";

const form = document.querySelector("form[data-vote]");
const answer = form.querySelector("[data-answer]");
const place = form.querySelector("[data-account]");
const withdraw = form.querySelector('[value="withdraw"]');

const signer = await openSigner(null);
await offer();
form.addEventListener("submit", (event) => {
  event.preventDefault();
  run(event.submitter.value);
});
place.addEventListener("change", offerWithdrawal);
document.body.dataset.ready = "";

async function offer() {
  const accounts = await signer.accounts();
  if (accounts.length === 0) return;
  place.replaceChildren(...accounts.map((account) => {
    return new Option(`${account.name}${account.organisation ? ` · ${account.organisation}` : ""} · ${account.address.slice(0, 12)}…`, account.address);
  }));
  for (const button of form.querySelectorAll("button")) button.disabled = false;
  offerWithdrawal();
}

function offerWithdrawal() {
  withdraw.hidden = place.value !== form.dataset.proposer;
}

function buildCall(act) {
  const { contract } = form.dataset;
  const number = BigInt(form.dataset.number);
  if (act === "withdraw") return { contract, method: "withdraw", arguments: { number } };
  return { contract, method: "vote", arguments: { number, in_favour: act === "for", attestations: "" } };
}

async function run(act) {
  form.setAttribute("aria-busy", "true");
  answer.replaceChildren();
  try {
    const done = await signer.send(place.value, [buildCall(act)]);
    const isDone = done.receipt.status === "ok";
    say(isDone ? "good" : "bad", isDone ? answer.dataset.done : `${answer.dataset.refused} ${done.receipt.message || done.receipt.status}`);
    const link = document.createElement("a");
    link.href = `/transactions/${done.transactionId}${form.dataset.query}`;
    link.textContent = answer.dataset.look;
    answer.append(" ", link);
  } catch (problem) {
    say("bad", problem.message);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

function say(tone, text) {
  answer.dataset.tone = tone;
  answer.textContent = text;
}
