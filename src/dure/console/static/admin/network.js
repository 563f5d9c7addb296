// One network: watched, started, stopped, changed, removed.

import { showNodes } from "./nodes.js";
import { act, actGravely, ask } from "./operator.js";
import { addLinks, choose, fill, find, getNetwork, onClick, onSubmit, page, repeat, show, words } from "./page.js";
import "./leaving.js";

const network = getNetwork();
const way = `/v1/networks/${encodeURIComponent(network)}`;

addLinks();
onClick("start", () => act({ act: "start", network }));
onClick("stop", () => actGravely({ act: "stop", network }, fill(words.askStop, { network })));
onClick("remove", async () => {
  if (!(await actGravely({ act: "remove", network }, fill(words.askRemove, { network })))) return false;
  location.assign(`/${words.query}`);
});
onSubmit("add", ({ elements }) => {
  const organisation = elements.organisation.value;
  return actGravely({ act: "add_member", network, organisation }, fill(words.askAdd, { network, organisation }));
});
onClick("log-read", async () => {
  const { lines } = await ask(`${way}/nodes/${encodeURIComponent(find("log-node").value)}/log`);
  const log = find("log");
  log.hidden = false;
  log.textContent = lines.join("\n");
  log.scrollTop = log.scrollHeight;
});
onClick("contracts-read", async () => {
  const { contracts } = await ask(`${way}/contracts`);
  choose(find("contracts"), contracts.map((each) => [each.address, `${each.name} ${each.version} · ${each.address.slice(0, 14)}…`]));
  find("upgrade").hidden = false;
});
onSubmit("upgrade", async ({ elements }) => {
  const contract = elements.contract.value;
  const what = { act: "upgrade", network, contract, source: await elements.file.files[0].text(), arguments: readArguments(elements.arguments.value) };
  if (elements.class_name.value) what.class_name = elements.class_name.value;
  return actGravely(what, fill(words.askUpgrade, { network, contract }));
});

// A line is name=value.
function readArguments(text) {
  const pairs = text.split("\n").map((line) => line.trim()).filter(Boolean);
  return Object.fromEntries(pairs.map((line) => [line.split("=", 1)[0], line.slice(line.indexOf("=") + 1)]));
}

repeat(async () => {
  const now = await ask(way);
  show("engine", now.engine);
  show("kind", words[now.kind]);
  show("chain", now.chain_id);
  for (const each of page.querySelectorAll('[data-show="test"], [data-link="validators"]')) {
    each.hidden = !now.test;
  }
  showNodes(now);
  const select = find("log-node");
  if (select.children.length !== now.nodes.length) choose(select, now.nodes.map(({ name }) => [name, name]));
  page.dataset.ready = "";
});
