// Killing and reviving the nodes of a test network, and what the chain does meanwhile.

import { showNodes } from "./nodes.js";
import { act, ask } from "./operator.js";
import { addLinks, find, getNetwork, onClick, page, repeat, say, show, work, words } from "./page.js";
import "./leaving.js";

const network = getNetwork();
const STILL_MS = 5000;
let height = null;
let movedAt = performance.now();

addLinks();
onClick("send", () => act({ act: "send", network }));

function prepare(row, node) {
  row.querySelector("[data-kill]").addEventListener("click", () => work(() => act({ act: "kill", network, node })));
  row.querySelector("[data-revive]").addEventListener("click", () => work(() => act({ act: "revive", network, node })));
}

function tellAdvance(now) {
  if (now.height !== height) {
    height = now.height;
    movedAt = performance.now();
  }
  const waits = now.nodes.some((node) => node.waiting);
  const moves = performance.now() - movedAt < STILL_MS;
  show("moving", moves ? words.moving : waits ? words.still : words.resting);
}

repeat(async () => {
  if (find("send-always").checked) {
    await act({ act: "send", network }).catch((problem) => say(`${words.refused} ${problem.message}`, "bad"));
  }
  const now = await ask(`/v1/networks/${encodeURIComponent(network)}`);
  showNodes(now, prepare);
  for (const row of find("nodes").children) {
    row.querySelector("[data-kill]").disabled = row.dataset.state === "stopped";
    row.querySelector("[data-revive]").disabled = row.dataset.state !== "stopped";
  }
  tellAdvance(now);
  page.dataset.ready = "";
});
