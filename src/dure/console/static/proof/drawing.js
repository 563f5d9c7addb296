// Steps and claims as elements. Everything from a file is written as text, never as markup.

import { showFact, showNumber, showTime, writeOutTurns } from "./words.js";

const HANDOVERS_SHOWN = 6;
const CALLS_SHOWN = 20;
const EVENTS_SHOWN = 20;
const VALUE_MAX = 400;

export function element(tag, { name, text, kind } = {}, ...inside) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = writeOutTurns(text);
  if (kind) made.dataset.kind = kind;
  made.append(...inside);
  return made;
}

// Adds one step to a list; a long history of validators ends in one line that counts on.
export function drawStep(list, step, words) {
  if (step.ok && step.name.startsWith("handover ")) {
    const number = Number(step.name.slice(9));
    if (number >= HANDOVERS_SHOWN) {
      drawMore(list, words.say("proof_more_handovers", { count: number + 1 - HANDOVERS_SHOWN }));
      return;
    }
  }
  list.append(buildStep(step, words));
}

function buildStep(step, words) {
  const title = element("b", { text: words.nameCheck(step) });
  const state = element("span", { name: "unseen", text: words.say(step.ok ? "proof_holds" : "proof_fails") });
  const heading = element("p", { name: "check" }, title, " ", element("code", { text: step.name }), " ", state);
  const made = element("li", { kind: step.ok ? "good" : "bad" }, heading, element("p", { text: words.explain(step) }));
  made.dataset.check = step.name;
  return made;
}

function drawMore(list, text) {
  const last = list.lastElementChild;
  if (last?.dataset.more) last.textContent = text;
  else {
    const made = element("li", { kind: "good", text });
    made.dataset.more = "true";
    list.append(made);
  }
}

// Returns in a sentence what is proved.
export function stateClaim({ claim, height }, words) {
  const facts = { ...claim, height };
  if (claim.kind === "state") return words.say(claim.value === null ? "proof_claim_absent" : "proof_claim_state", facts);
  return words.say(`proof_claim_${claim.kind}_${claim.status === "ok" ? "done" : "refused"}`, facts);
}

// Returns in a sentence on whose word the chain is the one that is meant.
export function stateWord({ word, knownAs }, words) {
  return words.say(`proof_word_${word ?? "nobody"}`, { name: knownAs });
}

// Fills a list of terms with where and when it is so, and on which chain.
export function drawFacts(list, verdict, words) {
  const rows = [
    ["proof_chain", `${verdict.chainName} · ${words.say(`proof_kind_${verdict.kind}`)} · ${verdict.engine}`],
    ["proof_chain_id", verdict.chain],
    ["proof_word", stateWord(verdict, words)],
    ["proof_height", showNumber(verdict.height)],
    ["proof_time", `${showTime(verdict.time)} UTC`],
    ["proof_block", verdict.block],
    ["proof_sealed_by", words.say("proof_sealed_words", { names: verdict.sealedBy, round: verdict.round })],
    ...(verdict.test ? [["proof_test", describeOffset(verdict, words)]] : []),
    ...(verdict.claim.sender ? [["proof_sender", verdict.claim.sender]] : []),
    ...(verdict.claim.payer ? [["proof_payer", verdict.claim.payer]] : []),
    ...(verdict.claim.key ? [["proof_key", verdict.claim.key]] : []),
  ];
  list.replaceChildren(...rows.flatMap(([key, text]) => [
    element("dt", { text: words.say(key) }),
    element("dd", { name: /^(?:[0-9a-f]{40,}|dure1\S+)$/.test(text) ? "hash" : "", text }),
  ]));
}

function describeOffset({ offset, storyClock }, words) {
  const seconds = (offset < 0n ? -offset : offset) / 1000n;
  const facts = { days: seconds / 86_400n, seconds: seconds % 86_400n };
  const side = words.say(offset < 0n ? "proof_behind" : "proof_ahead", facts);
  return words.say(storyClock ? "proof_story_clock" : "proof_fixed_clock", { side });
}

// Fills an element with the calls of a transaction and what each did.
export function drawCalls(place, { claim }, words) {
  if (claim.kind === "state") return place.replaceChildren();
  const count = Math.max(claim.calls.length, claim.outcomes.length);
  const indexes = Array.from({ length: Math.min(count, CALLS_SHOWN) }, (_, index) => index);
  const shown = indexes.map((index) => drawCall(claim, index, words));
  if (count > CALLS_SHOWN) shown.push(element("p", { name: "soft", text: words.say("proof_more_calls", { count: count - CALLS_SHOWN }) }));
  if (count > 1) shown.push(element("p", { name: "print-only soft", text: words.say("proof_paper_calls", { count }) }));
  return place.replaceChildren(...shown);
}

function drawCall(claim, index, words) {
  const number = claim.call ?? BigInt(index);
  const call = claim.calls[claim.call === null ? index : Number(claim.call)] ?? null;
  const outcome = claim.outcomes[index] ?? null;
  const title = words.say("proof_call", { number: number + 1n });
  const made = element("section", { name: "call" }, element("h3", { text: call ? `${title}: ${call.name}` : title }));
  if (call) made.append(drawFields(call, words));
  for (const event of outcome?.events.slice(0, EVENTS_SHOWN) ?? []) {
    made.append(element("h4", { text: words.say("proof_event", { name: event.name }) }), drawFields(event, words));
  }
  const hidden = (outcome?.events.length ?? 0) - EVENTS_SHOWN;
  if (hidden > 0) made.append(element("p", { name: "soft", text: words.say("proof_more_events", { count: hidden }) }));
  return made;
}

function drawFields(said, words) {
  const rows = [[words.say("proof_contract"), said.ledger ? words.say("proof_ledger") : said.contract]];
  if (said.pays) rows.push([words.say("proof_pays"), `${showNumber(said.pays.amount)} · ${said.pays.asset}`]);
  if (said.fields) rows.push(...Object.entries(said.fields));
  else rows.push([words.say("proof_values"), said.values === undefined ? said.data : said.values]);
  return element("dl", {}, ...rows.flatMap(([name, value]) => [element("dt", { text: name }), element("dd", { text: shorten(value) })]));
}

function shorten(value) {
  const isPlain = value === null || typeof value !== "object";
  const text = isPlain ? showFact(value) : JSON.stringify(value, (_, each) => (typeof each === "bigint" ? String(each) : each));
  return text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}…` : text;
}
