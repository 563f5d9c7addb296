// The verify button of other pages (templates/pieces/verify.html): fetches a transaction's proof, checks it in place and shows
// a ticked summary. Which chain it is, the person has named on the proof page, or this node says, and then the answer is another.

import { element, stateClaim, stateWord } from "./drawing.js";
import { fetchProof } from "./fetching.js";
import { loadTrust, takeWord } from "./trust.js";
import { createWords } from "./words.js";

async function loadWords(language) {
  const answer = await fetch(`/proof/words.json?lang=${language}`);
  return createWords(await answer.json());
}

async function verifyInPlace(button) {
  const { transaction, chain, chainName, page } = button.dataset;
  const place = button.closest("[data-verify]").querySelector("[data-verdict]");
  button.disabled = true;
  place.hidden = false;
  try {
    const [words, verifier, bytes] = await Promise.all([
      loadWords(document.documentElement.lang), import("./verify.js"), fetchProof(transaction),
    ]);
    const own = takeWord(chain, words.say("proof_own_chain", { name: chainName }));
    const verdict = await verifier.verifyProof(bytes, {
      trust: [...loadTrust(), own], wanted: { kind: "transaction", id: transaction },
    });
    place.dataset.kind = verifier.KINDS[verdict.answer];
    place.replaceChildren(...summarise(verdict, place.dataset.kind, words), link(page, words));
  } catch (problem) {
    place.replaceChildren(element("p", { text: `${button.dataset.failed} ${problem.message}` }));
    place.dataset.kind = "broken";
  } finally {
    button.disabled = false;
  }
}

function summarise(verdict, kind, words) {
  const answer = element("strong", { text: words.say(`proof_answer_${kind}`) });
  if (kind === "broken") return [answer, element("p", { text: words.explain(verdict.steps.at(-1)) })];
  const rows = verdict.steps.map((step) => element("li", { text: words.nameCheck(step), kind: "good" }));
  return [
    answer, element("p", { text: stateClaim(verdict, words) }), element("p", { name: "soft", text: stateWord(verdict, words) }),
    element("ul", { name: "ticks" }, ...rows),
  ];
}

function link(page, words) {
  const made = element("a", { text: words.say("proof_all_steps") });
  made.href = page;
  return made;
}

for (const button of document.querySelectorAll("[data-verify] button")) {
  button.addEventListener("click", () => verifyInPlace(button));
}
