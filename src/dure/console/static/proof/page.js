// The proof page: takes a file, has it checked by verify.js, and draws each step as it holds. Once this module is loaded,
// nothing more is asked of the node; it may be switched off.

import { changeByte } from "./changing.js";
import { drawCalls, drawFacts, drawStep, element, stateClaim } from "./drawing.js";
import { fetchProof, readFile, TooLarge } from "./fetching.js";
import { createWords, readTexts, showNumber, writeOutTurns } from "./words.js";
import { dropTrust, isChainId, keepTrust, loadTrust, takeWord } from "./trust.js";

const page = document.querySelector("[data-proof]");
const place = (name) => page.querySelector(`[data-${name}]`);
const words = createWords(readTexts(place("texts")));
const STEP_MS = 90;
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

let verifier = null;
let loaded = null; // The bytes as they came, under what name, and as the proof of what.
let shown = null; // The bytes that are judged now, and which one of them was changed.
let turn = 0; // Of the judgements, the newest one alone may draw.

function say(key, facts, kind = "bad") {
  const said = place("said");
  said.dataset.kind = kind;
  said.textContent = words.say(key, facts);
}

function listTrust() {
  const own = takeWord(page.dataset.chain, words.say("proof_own_chain", { name: page.dataset.chainName }));
  return place("own")?.checked ? [...loadTrust(), own] : loadTrust();
}

async function judge(bytes, change = null) {
  const mine = (turn += 1);
  shown = { bytes, change };
  place("change-said").textContent = change ? words.say("proof_changed", change) : "";
  place("restore").disabled = change === null;
  place("outcome").hidden = true;
  place("result").hidden = false;
  place("steps").replaceChildren();
  page.dataset.answer = "";
  const steps = [];
  const verdict = await verifier.verifyProof(bytes, { trust: listTrust(), wanted: loaded.wanted, onStep: (step) => steps.push(step) });
  for (const step of steps) {
    if (mine !== turn) return;
    drawStep(place("steps"), step, words);
    if (!still) await new Promise((resolve) => { setTimeout(resolve, STEP_MS); });
  }
  if (mine === turn) drawOutcome(verdict);
}

function drawOutcome(verdict) {
  const { answer, file, claim } = verdict;
  const last = verdict.steps.at(-1);
  const kind = verifier.KINDS[answer];
  place("answer-title").replaceChildren(element("strong", { text: words.say(`proof_answer_${kind}`) }));
  place("answer-title").dataset.kind = kind;
  place("answer-words").textContent = last.says === "claim_other" ? words.explain(last) : words.say(`proof_answer_${kind}_words`, { name: verdict.knownAs, check: last.name });
  place("claim").hidden = claim === null;
  if (claim !== null) {
    place("statement").textContent = stateClaim(verdict, words);
    place("message").textContent = claim.message ? words.say("proof_message", claim) : "";
    drawFacts(place("facts"), verdict, words);
    drawCalls(place("calls"), verdict, words);
  }
  place("trust").hidden = kind !== "unknown" && kind !== "vouched";
  place("trust").querySelector("form").dataset.chain = verdict.chain ?? "";
  place("trust-chain").textContent = verdict.chain ?? "";
  place("digest").textContent = file.digest;
  place("size").textContent = words.say("proof_bytes", { size: file.size });
  place("source").textContent = writeOutTurns(loaded.name);
  place("printed").textContent = new Date().toISOString().slice(0, 10);
  place("print").disabled = kind === "broken";
  place("outcome").hidden = false;
  page.dataset.answer = kind;
  page.dataset.check = last.name;
}

async function take(name, load, wanted = null) {
  say("proof_reading", { name }, "working");
  try {
    const bytes = await load();
    loaded = { name, bytes, wanted };
    say("proof_read", { name, size: bytes.length }, "good");
    place("change").disabled = bytes.length === 0;
    await judge(bytes);
  } catch (problem) {
    if (problem instanceof TooLarge) say("proof_too_large", { name });
    else say("proof_not_read", { name, problem: problem.message });
  }
}

function takeFile(files) {
  const [file] = files;
  if (file) take(file.name, () => readFile(file));
}

function change() {
  const { bytes, at, before, after } = changeByte(loaded.bytes);
  judge(bytes, { at: showNumber(at + 1), before, after });
}

function drawTrust() {
  const rows = loadTrust().map((entry) => {
    const button = element("button", { text: words.say("proof_forget") });
    button.type = "button";
    button.addEventListener("click", () => {
      dropTrust(entry.chain);
      refresh();
    });
    return element("li", {}, element("b", { text: entry.name }), " ", element("span", { name: "hash", text: entry.chain }), " ", button);
  });
  place("known").replaceChildren(...rows);
  place("known-none").hidden = rows.length > 0;
}

function refresh() {
  drawTrust();
  if (shown !== null) judge(shown.bytes, shown.change);
}

// A name for a chain that the person typed in, or that the proof at hand is of.
function learn(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  const chain = (event.target.dataset.chain || String(form.get("chain"))).trim().toLowerCase();
  const name = String(form.get("name")).trim();
  if (!isChainId(chain) || name === "") {
    say("proof_no_chain_id");
    return;
  }
  keepTrust({ chain, name, checkpoint: null });
  event.target.reset();
  say("proof_learned", { name }, "good");
  refresh();
}

function listen() {
  const zone = place("zone");
  place("file").addEventListener("change", (event) => takeFile(event.target.files));
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.dataset.over = "true";
    });
  }
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => delete zone.dataset.over);
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    takeFile(event.dataTransfer.files);
  });
  place("change").addEventListener("click", change);
  place("restore").addEventListener("click", () => judge(loaded.bytes));
  place("print").addEventListener("click", () => print());
  place("own")?.addEventListener("change", refresh);
  for (const form of page.querySelectorAll("[data-learn]")) form.addEventListener("submit", learn);
}

function takeAsked() {
  const asked = new URLSearchParams(location.search);
  const options = { call: asked.get("call") };
  const transaction = asked.get("transaction");
  const scheduled = asked.get("scheduled");
  if (transaction) take(transaction, () => fetchProof(transaction, options), { kind: "transaction", id: transaction });
  else if (scheduled) take(scheduled, () => fetchProof(scheduled, { kind: "scheduled" }), { kind: "scheduled", id: scheduled });
}

async function begin() {
  try {
    verifier = await import("./verify.js");
  } catch (problem) {
    say("proof_no_library", { problem: problem.message });
    return;
  }
  place("file").disabled = false;
  listen();
  drawTrust();
  page.dataset.ready = "true";
  takeAsked();
}

begin();
