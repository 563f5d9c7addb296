// A network's nodes in their table, and their sentences with who says them.

import { build, fill, find, show, showBytes, words } from "./page.js";

export function showNodes(network, prepare = () => {}) {
  const running = network.nodes.filter((node) => node.state !== "stopped");
  show("height", network.height ?? "–");
  show("running", `${running.length}/${network.nodes.length}`);
  show("memory", showBytes(sum(network.nodes, "memory_bytes")));
  show("disk", showBytes(sum(network.nodes, "disk_bytes")));
  const rows = find("nodes");
  for (const node of network.nodes) {
    const row = [...rows.children].find((each) => each.dataset.node === node.name) ?? addRow(rows, node.name, prepare);
    fillRow(row, node);
  }
  showSentences(running);
}

// The first sentence of each node is what goes on, the later ones are what is wrong.
function showSentences(nodes) {
  const said = new Map();
  for (const node of nodes) for (const text of node.explanation) said.set(text, [...(said.get(text) ?? []), node.name]);
  const lines = [...said].map(([text, names]) => (nodes.length > 1 ? fill(words.allSay, { names: names.join(", "), text }) : text));
  if (!lines.length) lines.push(words.nobody);
  const list = find("sentences");
  if (lines.join("\n") === [...list.children].map((each) => each.textContent).join("\n")) return;
  list.replaceChildren(...lines.map(makeLine));
}

function makeLine(text) {
  const line = document.createElement("li");
  line.textContent = text;
  return line;
}

function addRow(rows, name, prepare) {
  const row = build("node", { name });
  row.dataset.node = name;
  rows.append(row);
  prepare(row, name);
  return row;
}

function fillRow(row, node) {
  const link = row.querySelector('[data-field="name"]');
  if (node.state === "running") link.href = node.url;
  else link.removeAttribute("href");
  const state = row.querySelector('[data-field="state"]');
  row.dataset.state = node.state;
  state.className = `pill ${{ running: "", starting: "quiet", stopped: "bad" }[node.state]}`;
  const texts = {
    state: words[node.state],
    height: node.height ?? "–",
    waiting: node.waiting ?? "–",
    peers: node.peers === null ? "–" : `${node.peers_connected}/${node.peers}`,
    memory: showBytes(node.memory_bytes),
    disk: showBytes(node.disk_bytes),
  };
  for (const [field, text] of Object.entries(texts)) row.querySelector(`[data-field="${field}"]`).textContent = text;
}

function sum(nodes, field) {
  const known = nodes.map((node) => node[field]).filter((count) => count !== null);
  return known.length ? known.reduce((total, count) => total + count, 0) : null;
}
