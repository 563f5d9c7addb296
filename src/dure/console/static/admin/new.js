// The form of a new network.

import { act } from "./operator.js";
import { linkNetwork, onSubmit, page } from "./page.js";
import "./leaving.js";

function split(text) {
  return text.split(",").map((part) => part.trim()).filter(Boolean);
}

onSubmit("create", async ({ elements }) => {
  const network = elements.network.value;
  await act({
    act: "create",
    network,
    kind: elements.kind.value,
    engine: elements.engine.value,
    organisations: split(elements.organisations.value),
    rule: elements.rule.value,
    approvers: split(elements.approvers.value),
    voting_hours: Number(elements.voting_hours.value),
    test: elements.test.checked,
  });
  location.assign(linkNetwork(network));
});

page.dataset.ready = "";
