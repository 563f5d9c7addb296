// What stands on the sheet, drawn from a reading of the bytes: who signs, what is called, what moves, until when.

import { toHex } from "../wire.js";
import { LEDGER_SHAPES } from "./ledger_methods.js";
import { make, makePlain, shorten } from "./showing.js";
import { lookUp } from "./words.js";

export async function drawReading({ reading, signing, display, chain }) {
  const { words } = display;
  const calls = await Promise.all(reading.calls.map((call, place) => drawCall(call, place, reading.calls.length, display)));
  return [
    chain.test ? make("p", { name: "sheet-test", text: describeTest(chain, display) }) : "",
    make("dl", {},
      make("dt", { text: words.get("signing_who") }),
      make("dd", {}, display.showAddress(reading.sender)),
      make("dt", { text: words.get("signing_with") }),
      make("dd", {}, make("bdi", { text: signing.keys.map((key) => makePlain(key.name)).join(", ") })),
      make("dt", { text: words.get("signing_chain") }),
      make("dd", {}, make("bdi", { text: makePlain(chain.name) }), " ", make("span", { name: "hash soft", text: chain.id.slice(0, 16) }))),
    ...calls,
    await drawMoves(reading, display),
    make("dl", {},
      make("dt", { text: words.get("signing_valid_until") }),
      make("dd", {}, display.showTime(BigInt(reading.validUntil))),
      make("dt", { text: words.get("signing_gas") }),
      make("dd", { text: String(reading.gasLimit).replace(/\B(?=(\d{3})+$)/g, "\u202f") })),
    drawBytes(signing, words),
  ].filter(Boolean);
}

function describeTest({ offset }, display) {
  const span = display.showDuration(BigInt(1_000 * Math.round(Math.abs(offset) / 1_000)));
  if (offset === 0) return display.words.get("signing_test");
  return display.words.get(offset > 0 ? "signing_test_ahead" : "signing_test_behind", { span });
}

async function drawCall(call, place, count, display) {
  const { called, method } = call;
  const { words } = display;
  const title = count > 1 ? words.get("signing_call", { number: place + 1, count }) : words.get("signing_one_call");
  const texts = [call.texts?.[words.language], call.texts?.[words.language === "ko" ? "en" : "ko"]].filter(Boolean);
  const warned = call.danger || call.carried?.danger;
  return make("section", { name: warned ? "sheet-call danger" : "sheet-call" },
    make("h3", { text: title }),
    make("dl", {},
      make("dt", { text: words.get("signing_contract") }),
      make("dd", {}, ...nameContract(called, display)),
      make("dt", { text: words.get("signing_method") }),
      make("dd", {}, ...display.nameBoth(method, called)),
      ...(texts.length ? [make("dt", { text: words.get("signing_says") }), make("dd", {}, ...texts.map((text) => make("p", { text: makePlain(text) })))] : []),
      ...(await display.listArguments(call.arguments, called)),
      ...(call.pays ? [make("dt", { text: words.get("signing_pays") }), make("dd", {}, await display.showAmount(call.pays.amount, call.pays.asset))] : [])),
    isVote(call) ? make("p", { text: words.get("signing_vote_decides") }) : "",
    call.carried ? await drawCarried(call.carried, display) : "");
}

async function drawCarried({ method, arguments: given }, display) {
  const ledger = { isLedger: true, shapes: LEDGER_SHAPES };
  return make("div", { name: "sheet-carried" },
    make("h4", { text: display.words.get("signing_carried") }),
    make("p", {}, ...display.nameBoth(method, ledger)),
    make("dl", {}, ...(await display.listArguments(given, ledger))));
}

function nameContract(called, display) {
  const address = make("span", { name: "hash", text: called.address });
  if (called.isLedger) return [make("b", { text: display.words.get("signing_ledger") }), " ", address];
  const version = make("span", { name: "soft", text: display.words.get("signing_version", { version: called.version }) });
  return [...display.nameAddress(called.address), " ", version, " ", address];
}

// Whether this is a yes to a proposal of the members: the vote that decides carries out what was proposed.
function isVote({ method, arguments: given }) {
  return method === "vote" && given.some((each) => each.name === "in_favour" && each.value === true);
}

async function drawMoves({ moves }, display) {
  const { words } = display;
  const rows = await Promise.all(moves.map(async ({ asset, amount, to }) => {
    return make("li", {}, await display.showAmount(amount, asset), ` ${words.get("signing_to")} `, display.showAddress(to));
  }));
  const said = rows.length ? make("ul", { name: "plain" }, ...rows) : make("p", { name: "soft", text: words.get("signing_moves_nothing") });
  return make("section", { name: "sheet-moves" }, make("h3", { text: words.get("signing_moves") }), said);
}

function drawBytes({ body, id }, words) {
  return make("details", {},
    make("summary", { text: words.get("signing_bytes", { count: body.length }) }),
    make("p", { name: "hash", text: toHex(id) }),
    make("pre", { tabindex: "0", text: toHex(body) }));
}

// Returns in a line what a transaction does, for lists of what was sent.
export async function summarise({ calls }, display) {
  const said = await Promise.all(calls.slice(0, 3).map((call) => summariseCall(call, display)));
  return said.join(" · ") + (calls.length > 3 ? " …" : "");
}

async function summariseCall({ called, method, arguments: given, pays }, display) {
  const { words } = display;
  const name = (address) => makePlain(display.names.get(address) ?? shorten(address));
  if (called.isLedger && method === "transfer") {
    const [asset, target, amount] = given.map((each) => each.value);
    const shown = (await display.showAmount(amount, asset)).textContent;
    return words.get("signing_summary_transfer", { amount: shown, name: name(target) });
  }
  const spoken = lookUp(lookUp(called.words, words.language), method) ?? (words.has(`signing_ledger_${method}`) && called.isLedger ? words.get(`signing_ledger_${method}`) : method);
  const place = called.isLedger ? words.get("signing_ledger") : makePlain(called.name[words.language] ?? called.name.en);
  const paid = pays ? ` (${(await display.showAmount(pays.amount, pays.asset)).textContent})` : "";
  return `${place}: ${makePlain(spoken)}${paid}`;
}
