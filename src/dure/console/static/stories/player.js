// Turns the steps of a story: buttons, slider, keys, by itself. Everything that a step says stands in the page already;
// this shows one step at a time, marks what concerns the person who looks, and has the flow drawn.

import { drawFlow } from "./flow.js";

const STEP_MS = 3500;

class Player {
  constructor(root) {
    this.root = root;
    this.scenes = [...root.querySelectorAll("[data-scene]")];
    this.controls = root.querySelector("[data-controls]");
    this.slider = root.querySelector("[data-slider]");
    this.playButton = root.querySelector('[data-go="play"]');
    this.verdict = root.querySelector("[data-verdict]");
    this.lines = [...document.querySelectorAll("[data-source] [data-line]")];
    this.viewer = "";
    this.timer = 0;
    this.flow = drawFlow(root.querySelector("[data-flow]"), readFlow(root), (number) => this.go(number));
  }

  start() {
    this.controls.hidden = false;
    this.root.querySelector("[data-flow-card]").hidden = false;
    this.root.dataset.playing = "steps";
    for (const button of this.controls.querySelectorAll("[data-go]")) {
      button.addEventListener("click", () => this.press(button.dataset.go));
    }
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    for (const choice of this.controls.querySelectorAll('[name="viewer"]')) {
      choice.addEventListener("change", () => this.lookAs(choice.value));
    }
    document.addEventListener("keydown", (event) => this.onKey(event));
    addEventListener("hashchange", () => this.go(readHash() ?? this.number));
    this.go(readHash() ?? 1);
    this.root.dataset.ready = "true";
  }

  press(where) {
    const moves = { first: 1, back: this.number - 1, forward: this.number + 1, last: this.scenes.length };
    if (where === "play") return this.timer ? this.pause() : this.play();
    this.pause();
    return this.go(moves[where]);
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea, button, a, pre, summary, [data-flow]")) return;
    const action = { ArrowLeft: "back", ArrowRight: "forward", Home: "first", End: "last", " ": "play" }[event.key];
    if (!action) return;
    event.preventDefault();
    this.press(action);
  }

  play() {
    if (this.number === this.scenes.length) this.go(1);
    this.playButton.textContent = this.root.dataset.pause;
    this.timer = setInterval(() => {
      this.go(this.number + 1);
      if (this.number === this.scenes.length) this.pause();
    }, STEP_MS);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = 0;
    this.playButton.textContent = this.root.dataset.play;
  }

  go(number) {
    this.number = Math.min(this.scenes.length, Math.max(1, number));
    const count = this.scenes.length;
    this.scenes.forEach((scene, index) => {
      scene.hidden = index + 1 !== this.number;
      if (index + 1 === this.number) scene.setAttribute("aria-current", "step");
      else scene.removeAttribute("aria-current");
    });
    this.verdict.hidden = this.number !== count;
    this.slider.value = String(this.number);
    const words = this.root.dataset.stepOf.replace("{number}", this.number).replace("{count}", count);
    this.controls.querySelector("[data-place]").textContent = words;
    this.slider.setAttribute("aria-valuetext", words);
    for (const [where, isAt] of [["first", 1], ["back", 1], ["forward", count], ["last", count]]) {
      this.controls.querySelector(`[data-go="${where}"]`).disabled = this.number === isAt;
    }
    this.markLine(Number(this.scenes[this.number - 1].dataset.line));
    this.flow.show(this.number);
    history.replaceState(null, "", `#step-${this.number}`);
  }

  markLine(line) {
    for (const each of this.lines) each.toggleAttribute("data-now", Number(each.dataset.line) === line);
  }

  // Looks at the story as one of its people, or as nobody: what they do and what concerns them is marked.
  lookAs(viewer) {
    this.viewer = viewer;
    for (const scene of this.scenes) {
      const pill = scene.querySelector("[data-yours]");
      const words = viewer === "" ? "" : this.concerns(scene, viewer);
      pill.hidden = words === "";
      pill.textContent = words;
      scene.toggleAttribute("data-dim", viewer !== "" && words === "");
      for (const row of scene.querySelectorAll("[data-actor]")) {
        row.toggleAttribute("data-you", viewer !== "" && row.dataset.actor === viewer);
      }
    }
    this.flow.lookAs(viewer);
  }

  concerns(scene, viewer) {
    if (scene.dataset.who === viewer) return this.root.dataset.youAct;
    const moves = [...scene.querySelectorAll(".moves li")];
    const touched = moves.some(({ dataset }) => dataset.source === viewer || dataset.target === viewer);
    return touched ? this.root.dataset.touchesYou : "";
  }
}

function readHash() {
  const found = /^#step-([0-9]{1,6})$/.exec(location.hash);
  return found ? Number(found[1]) : null;
}

// Who takes part and what passed between them, read from the page.
function readFlow(root) {
  const actors = [...root.querySelectorAll("[data-actors] li")].map((item) => ({
    key: item.dataset.key,
    kind: item.dataset.kind,
    name: item.textContent,
  }));
  const scenes = [...root.querySelectorAll("[data-scene]")].map((item) => ({
    number: Number(item.dataset.scene),
    kind: item.dataset.kind,
    who: item.dataset.who,
    target: item.dataset.target,
    label: item.dataset.label,
    title: item.querySelector("h3").textContent.trim(),
    isRefused: "refused" in item.dataset,
    moves: [...item.querySelectorAll(".moves li")].map(({ dataset }) => ({ ...dataset })),
  }));
  return { actors, scenes };
}

const root = document.querySelector("[data-story]");
if (root?.querySelector("[data-scene]")) new Player(root).start();
