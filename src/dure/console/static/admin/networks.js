// All networks of the host.

import { ask } from "./operator.js";
import { build, find, linkNetwork, page, repeat, words } from "./page.js";
import "./leaving.js";

function buildRow(network) {
  const row = build("row", {
    name: network.name,
    kind: words[network.kind],
    engine: network.engine,
    organisations: network.organisations.join(", "),
    running: `${network.running}/${network.organisations.length}`,
  });
  row.querySelector('[data-field="name"]').href = linkNetwork(network.name);
  row.querySelector('[data-field="test"]').hidden = !network.test;
  return row;
}

let shown = "";

repeat(async () => {
  const answer = await ask("/v1/networks");
  const text = JSON.stringify(answer);
  if (text === shown) return;
  shown = text;
  find("rows").replaceChildren(...answer.networks.map(buildRow));
  find("none").hidden = answer.networks.length > 0;
  page.dataset.ready = "";
});
