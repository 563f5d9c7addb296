// Changing a byte of an old block in a copy, and what each of a node's checks says to it.

import { act, ask } from "./operator.js";
import { addLinks, build, choose, fill, find, getNetwork, onClick, onSubmit, page, quietly, words } from "./page.js";
import "./leaving.js";

const network = getNetwork();
const way = `/v1/networks/${encodeURIComponent(network)}`;
const form = find("change");
let parts = [];

function name(kind, key) {
  return words[`${kind}${key[0].toUpperCase()}${key.slice(1)}`];
}

async function showCopy() {
  const { copy } = await ask(`${way}/copy`);
  find("drop").hidden = copy === null;
  find("second").hidden = copy === null;
  find("third").hidden = true;
  if (copy === null) return;
  choose(form.elements.height, copy.blocks.map((each) => [each.height, fill(words.option, { height: each.height, count: each.transactions })]));
  await showParts();
  if (copy.change) await showJudgement(copy.change);
}

async function showParts() {
  ({ parts } = await ask(`${way}/copy/blocks/${form.elements.height.value}`));
  choose(form.elements.part, parts.map((each) => [each.name, `${name("part", each.name)} (${each.length})`]));
  showBytes();
}

function showBytes() {
  const part = parts.find((each) => each.name === form.elements.part.value);
  form.elements.offset.max = part.length - 1;
  const rows = part.digits.match(/.{1,32}/g) ?? [];
  find("bytes").textContent = rows.map((row, place) => `${String(16 * place).padStart(5)}  ${row.match(/../g).join(" ")}`).join("\n");
}

async function showJudgement(change) {
  const judgement = await ask(`${way}/copy/judgement`);
  find("changed-words").textContent = fill(words.changed, { ...change, part: name("part", change.part) });
  const failed = judgement.checks.filter((each) => each.holds === false);
  const verdict = find("verdict");
  verdict.textContent = failed.length ? fill(words.refusedBy, { check: name("check", failed[0].name) }) : words.kept;
  find("checks").replaceChildren(...judgement.checks.map(buildCheck));
  find("others-words").textContent = fill(words.others, { count: judgement.others });
  find("own-id").textContent = judgement.block_id ?? "–";
  const lines = judgement.witnesses.map((each) => {
    const same = each.block_id === judgement.block_id ? words.same : words.other;
    return `${fill(words.witness, each)} ${each.block_id.slice(0, 16)}… ${same}`;
  });
  find("witnesses").replaceChildren(...(lines.length ? lines : [words.alone]).map(makeLine));
  find("proof").hidden = judgement.proof === null;
  find("proof-words").textContent = judgement.proof ?? "";
  find("third").hidden = false;
}

function buildCheck(check) {
  const made = build("check", { mark: words[mark(check.holds)], name: name("check", check.name), says: check.says });
  made.querySelector('[data-field="mark"]').className = `pill ${{ true: "", false: "bad", null: "quiet" }[check.holds]}`;
  made.dataset.check = check.name;
  made.dataset.holds = check.holds;
  return made;
}

function mark(holds) {
  if (holds === null) return "skipped";
  return holds ? "holds" : "fails";
}

function makeLine(text) {
  const line = document.createElement("li");
  line.textContent = text;
  return line;
}

onSubmit("take", async ({ elements }) => {
  await act({ act: "take_copy", network, node: elements.node.value });
  await showCopy();
});
onClick("drop", async () => {
  await act({ act: "drop_copy", network });
  await showCopy();
});
onSubmit("change", async ({ elements }) => {
  await act({
    act: "change_byte",
    network,
    height: Number(elements.height.value),
    part: elements.part.value,
    offset: Number(elements.offset.value),
    flip: Number(elements.flip.value),
    mend_checksum: elements.mend_checksum.checked,
  });
  const { copy } = await ask(`${way}/copy`);
  await showParts();
  await showJudgement(copy.change);
});
form.elements.height.addEventListener("change", () => quietly(showParts));
form.elements.part.addEventListener("change", showBytes);

async function begin() {
  const { nodes } = await ask(way);
  choose(find("node-choice"), nodes.map((each) => [each.name, each.name]));
  await showCopy();
  page.dataset.ready = "";
}

addLinks();
quietly(begin);
