// The flow of a story as lanes: a column for everybody who takes part, a line for each step, arrows for calls and for
// money. It repeats what the steps say in words, so it is hidden from screen readers and its clicks are a short cut.

const COLUMN = 118;
const ROW = 46;
const MONEY_ROW = 22;
const HEAD = 44;
const LABEL_MAX = 18;
const SVG = "http://www.w3.org/2000/svg";

export function drawFlow(place, { actors, scenes }, onChoose) {
  const taking = new Set(scenes.flatMap((scene) => [scene.who, scene.target, ...scene.moves.flatMap((move) => [move.source, move.target])]));
  const shown = actors.filter(({ key, kind }) => taking.has(key) && kind !== "office");
  const lanes = new Map(shown.map(({ key }, index) => [key, COLUMN * (index + 0.5)]));
  const width = Math.max(COLUMN * shown.length, COLUMN * 2);
  const tops = [];
  let height = HEAD;
  for (const scene of scenes) {
    tops.push(height);
    height += ROW + MONEY_ROW * listMoves(scene, lanes).length;
  }
  const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "data-lanes": shown.length, "aria-hidden": "true", focusable: "false" });
  const lines = shown.map((actor) => drawLane(svg, actor, lanes.get(actor.key), height));
  const groups = scenes.map((scene, index) => {
    const group = drawScene({ scene, lanes, width, top: tops[index] });
    group.addEventListener("click", () => onChoose(scene.number));
    svg.append(group);
    return group;
  });
  place.replaceChildren(svg);
  return {
    show(number) {
      groups.forEach((group, index) => {
        group.toggleAttribute("data-now", index + 1 === number);
        group.toggleAttribute("data-later", index + 1 > number);
      });
      bringIntoView(place, (tops[number - 1] * svg.clientWidth) / width);
    },
    lookAs(viewer) {
      for (const { key, node } of lines) node.toggleAttribute("data-you", key === viewer);
    },
  };
}

function bringIntoView(place, top) {
  const isSeen = top > place.scrollTop + HEAD && top + ROW * 2 < place.scrollTop + place.clientHeight;
  if (!isSeen) place.scrollTop = Math.max(0, top - place.clientHeight / 2);
}

function drawLane(svg, actor, x, height) {
  const node = make("g", { class: `lane ${actor.kind}` });
  node.append(make("line", { x1: x, x2: x, y1: HEAD - 8, y2: height }), text(x, 24, actor.name, "name"));
  svg.append(node);
  return { key: actor.key, node };
}

// Movements between lanes that are drawn beneath their step.
function listMoves(scene, lanes) {
  return scene.kind === "arrival" ? [] : scene.moves.filter(({ source, target }) => lanes.has(source) && lanes.has(target));
}

function drawScene({ scene, lanes, width, top }) {
  const moves = listMoves(scene, lanes);
  const group = make("g", { class: `step ${scene.kind}${scene.isRefused ? " refused" : ""}` });
  const title = make("title", {});
  title.textContent = `${scene.number}. ${scene.title}`;
  group.append(title, make("rect", { class: "back", x: 0, y: top, width, height: ROW + MONEY_ROW * moves.length - 2, rx: 6 }));
  group.append(text(14, top + 27, String(scene.number), "count"));
  group.append(...drawAct(scene, lanes, width, top + 30));
  moves.forEach((move, index) => group.append(...drawMove(move, lanes, top + ROW + 12 + MONEY_ROW * index)));
  return group;
}

function drawAct(scene, lanes, width, y) {
  const [from, to] = [lanes.get(scene.who), lanes.get(scene.target)];
  if (scene.kind === "wait") return [make("line", { class: "pause", x1: 30, x2: width - 8, y1: y - 4, y2: y - 4 }), text(width / 2, y - 10, scene.title, "label")];
  if (from !== undefined && to !== undefined && from !== to) {
    const mark = scene.isRefused ? [text(to - 24 * Math.sign(to - from), y + 6, "✕", "cross")] : [];
    return [...arrow(from, to, y, "call"), text((from + to) / 2, y - 7, scene.label, "label"), ...mark];
  }
  const at = to ?? from;
  const dot = at === undefined ? [] : [make("circle", { class: "dot", cx: at, cy: y - 3, r: 5 })];
  return [...dot, text(at ?? width / 2, y - 12, scene.kind === "arrival" ? "" : scene.label, "label")];
}

function drawMove(move, lanes, y) {
  const [from, to] = [lanes.get(move.source), lanes.get(move.target)];
  return [...arrow(from, to, y, "money"), text((from + to) / 2, y - 5, move.amount, "sum")];
}

function arrow(from, to, y, name) {
  const way = Math.sign(to - from) || 1;
  const tip = to - 6 * way;
  return [
    make("line", { class: name, x1: from, x2: tip, y1: y, y2: y }),
    make("path", { class: `${name} tip`, d: `M ${tip + 6 * way} ${y} l ${-9 * way} -5 l 0 10 z` }),
  ];
}

function text(x, y, words, name) {
  const node = make("text", { x, y, class: name });
  node.textContent = words.length > LABEL_MAX && name !== "count" ? `${words.slice(0, LABEL_MAX)}…` : words;
  return node;
}

function make(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
