// What was sent: still on its way, or final with its proof. A page that is loaded again goes on following. Proofs are kept
// in the browser and checked by it: the node may be switched off.

import { explain } from "../signing/sheet.js";
import { make, makePlain } from "../signing/showing.js";

const SHOWN_MAX = 50;

export class SentPanel {
  #wallet;
  #followed = new Set();
  #lapsed = new Map();
  #troubles = new Map(); // By id, why what is pending cannot be followed by this page.
  #verifier = null;

  constructor(wallet) {
    this.#wallet = wallet;
    // Loaded while the node is there, so that it is here when the node is not.
    this.#verifier = loadVerifier(wallet.words.language).catch(() => null);
  }

  async draw() {
    const { transactions } = this.#wallet.signer;
    const [pending, proofs] = await Promise.all([transactions.listPending(), transactions.listProofs()]);
    for (const each of pending) this.#follow(each);
    const waiting = [...pending.map((each) => this.#drawPending(each)), ...[...this.#lapsed.values()].map((each) => this.#drawLapsed(each))];
    this.#wallet.find("pending").replaceChildren(...waiting);
    this.#wallet.page.querySelector('[data-none="proofs"]').hidden = waiting.length + proofs.length > 0;
    this.#drawProofs(proofs.slice(0, SHOWN_MAX));
  }

  // The page that signed it follows it too, and shows its steps; whoever learns of the end first draws it.
  async #follow(pending) {
    if (this.#followed.has(pending.id)) return;
    this.#followed.add(pending.id);
    try {
      await this.#wallet.signer.transactions.follow(pending);
    } catch (problem) {
      if (problem.code === "abandoned") return;
      if (problem.happened === false) this.#lapsed.set(pending.id, { ...pending, problem });
      else this.#troubles.set(pending.id, problem);
    }
    await this.#wallet.refresh();
  }

  #drawPending(each) {
    const { words } = this.#wallet;
    const until = new Date(each.validUntil).toLocaleTimeString(words.language);
    const problem = this.#troubles.get(each.id);
    const isLate = Date.now() > each.validUntil;
    const said = problem ? explain(problem, words) : isLate ? words.get("wallet_not_known_words") : words.get("wallet_until", { time: until });
    const state = words.get(problem || isLate ? "wallet_not_known" : "wallet_on_its_way");
    const acts = problem || isLate ? make("span", { name: "acts" },
      this.#act("wallet_look_again", () => this.#wallet.work(() => this.#lookAgain(each))),
      this.#act("wallet_abandon", () => this.#wallet.work(() => this.#abandon(each)))) : "";
    return make("li", { name: "line", "data-pending-id": each.id },
      make("span", { name: "what" }, make("span", { name: "pill", text: state }), " ", make("bdi", { text: each.summary }), " ", make("span", { name: "soft", text: said })),
      acts);
  }

  // An idle chain makes no block, and without one nobody can tell: what is known says so, with the times.
  async #lookAgain({ id, validUntil }) {
    const { words, signer } = this.#wallet;
    const standing = await signer.transactions.lookAgain(id);
    if (this.#troubles.delete(id)) this.#followed.delete(id);
    if (standing.height !== null) return words.get("wallet_looked_held", { height: standing.height });
    const [newest, until] = [standing.block_time, validUntil].map((each) => new Date(each).toLocaleString(words.language));
    return words.get(standing.block_time > validUntil ? "wallet_looked_late" : "wallet_looked_open", { newest, until });
  }

  // Only ever after a yes to what that means; the id stays with the person, for the chain may still take it.
  async #abandon({ id, summary }) {
    const { words, signer } = this.#wallet;
    const answer = await this.#wallet.ask({ title: words.get("wallet_abandon"), words: words.get("wallet_abandon_words", { summary: makePlain(summary), id }) });
    if (!answer) return "";
    await signer.transactions.abandon(id);
    this.#troubles.delete(id);
    return words.get("wallet_abandoned", { id });
  }

  #drawLapsed({ id, summary, problem }) {
    const { words } = this.#wallet;
    const button = make("button", { type: "button", text: words.get("wallet_forget") });
    button.addEventListener("click", () => {
      this.#lapsed.delete(id);
      this.#wallet.refresh();
    });
    return make("li", { name: "line", "data-lapsed-id": id },
      make("span", { name: "what" }, make("span", { name: "pill bad", text: words.get("wallet_not_done") }), " ", make("bdi", { text: summary }), " ", make("span", { name: "soft", text: explain(problem, words) })),
      make("span", { name: "acts" }, button));
  }

  // A verdict stays where it is while other rows come and go.
  #drawProofs(proofs) {
    const list = this.#wallet.find("proofs");
    const known = new Map([...list.children].map((row) => [row.dataset.proofId, row]));
    list.replaceChildren(...proofs.map((each) => known.get(each.id) ?? this.#drawProof(each)));
  }

  #drawProof(each) {
    const { words, page } = this.#wallet;
    const good = each.status === "ok";
    const verdict = make("div", { name: "verdict", role: "status", "data-verdict": "" });
    const row = make("li", { name: "line", "data-proof-id": each.id },
      make("span", { name: "what" },
        make("span", { name: good ? "pill" : "pill bad", text: words.get(good ? "wallet_final" : "wallet_refused") }), " ",
        make("bdi", { text: each.summary }), " ",
        make("a", { href: `/transactions/${each.id}${page.dataset.query}`, text: words.get("wallet_in_block", { height: each.height }) }),
        good ? "" : make("span", { name: "soft", text: ` ${makePlain(each.message)}` })),
      make("span", { name: "acts" },
        this.#act("wallet_verify", () => this.#verify(each, verdict)),
        make("a", { name: "button", href: `/proof?transaction=${each.id}${page.dataset.query.replace("?", "&")}`, text: words.get("wallet_proof_page") }),
        this.#act("wallet_download", () => this.#wallet.work(() => this.#download(each))),
        this.#act("wallet_proof_delete", () => this.#wallet.work(() => this.#wallet.signer.transactions.deleteProof(each.id)))),
      verdict);
    return row;
  }

  #act(key, task) {
    const made = make("button", { type: "button", text: this.#wallet.words.get(key), "data-act": key });
    made.addEventListener("click", task);
    return made;
  }

  async #download({ id }) {
    download(id, await this.#wallet.signer.transactions.getProof(id));
  }

  async #verify({ id }, place) {
    const { words, signer, page } = this.#wallet;
    const verifier = await this.#verifier ?? await loadVerifier(words.language).catch(() => null);
    if (verifier === null) {
      place.dataset.kind = "broken";
      place.replaceChildren(words.get("wallet_no_verifier"));
      return;
    }
    const own = { chain: signer.chain.id, name: page.dataset.chainName };
    const verdict = await verifier.verify(await signer.transactions.getProof(id), own, id);
    place.dataset.kind = verdict.kind;
    place.replaceChildren(make("strong", { text: verdict.answer }), ...verdict.said.map((text) => make("p", { text })),
      make("ul", {}, ...verdict.steps.map((text) => make("li", { text }))));
  }
}

// Everything that a verdict needs, texts included: afterwards no node is asked.
async function loadVerifier(language) {
  const [{ verifyProof, KINDS }, { createWords }, { stateClaim, stateWord }, { loadTrust, takeWord }, answer] = await Promise.all([
    import("../proof/verify.js"), import("../proof/words.js"), import("../proof/drawing.js"), import("../proof/trust.js"),
    fetch(`/proof/words.json?lang=${language}`),
  ]);
  const words = createWords(await answer.json());
  return {
    async verify(proof, { chain, name }, id) {
      const trust = [...loadTrust(), takeWord(chain, words.say("proof_own_chain", { name }))];
      const verdict = await verifyProof(proof, { trust, wanted: { kind: "transaction", id } });
      const kind = KINDS[verdict.answer];
      const isBroken = kind === "broken";
      return {
        kind,
        answer: words.say(`proof_answer_${kind}`),
        said: isBroken ? [words.explain(verdict.steps.at(-1))] : [stateClaim(verdict, words), stateWord(verdict, words)],
        steps: verdict.steps.map((step) => `${step.ok ? "✓" : "✗"} ${words.nameCheck(step)}`),
      };
    },
  };
}

function download(id, proof) {
  const link = make("a", { href: URL.createObjectURL(new Blob([proof], { type: "application/json" })), download: `dure-proof-${id.slice(0, 12)}.json` });
  link.click();
  URL.revokeObjectURL(link.href);
}
