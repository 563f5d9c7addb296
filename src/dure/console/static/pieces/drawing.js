// What charts and maps share: the library, loaded once; colours from the tokens; a drawing that follows theme and size.

const loading = new Map();

// Resolves to the library, which leaves itself as `echarts`; a page's policy allows scripts of this origin only.
export function loadLibrary(path) {
  if (!loading.has(path)) loading.set(path, import(path));
  return loading.get(path);
}

// A token's colour as the page has it now.
export function readToken(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const SERIES = ["--second", "--third", "--mark", "--fourth", "--soft", "--warn"];
const NAMED = ["ink", "soft", "line", "card", "mark", "bad"];

// The colours of a drawing. Series are told apart by mark and dash as well, so that nobody depends on colours.
export function readPalette() {
  const named = Object.fromEntries(NAMED.map((name) => [name, readToken(`--${name}`)]));
  return { ...named, series: SERIES.map(readToken) };
}

// Draws what `describe(palette)` returns into the figure's drawing, again whenever theme or size change, and folds the
// table away: it stays one step away, for everybody.
export async function draw(figure, describe) {
  const library = await loadLibrary(figure.dataset.library);
  const place = figure.querySelector(".drawing");
  place.hidden = false;
  await waitForRoom(place);
  const chart = library.init(place, null, { renderer: "canvas" });
  const paint = () => chart.setOption(describe(readPalette(), library), true);
  paint();
  new ResizeObserver(() => hasRoom(place) && chart.resize()).observe(place);
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  figure.querySelector("details")?.removeAttribute("open");
  figure.dataset.drawn = "true";
  return chart;
}

// A drawing of no size is one that the library cannot compute.
function hasRoom(place) {
  return place.clientWidth > 0 && place.clientHeight > 0;
}

// Resolves when the place has a size: before the style has come, or in something folded away, it has none.
function waitForRoom(place) {
  return new Promise((resolve) => {
    const watching = new ResizeObserver(() => {
      if (!hasRoom(place)) return;
      watching.disconnect();
      resolve();
    });
    watching.observe(place);
  });
}

// The rows of the figure's table: each a list of what its cells hold.
export function readRows(figure) {
  return [...figure.querySelectorAll("tbody tr")]
    .map((row) => [...row.cells])
    .filter((cells) => cells.length > 1)
    .map((cells) => cells.map((cell) => cell.dataset.value ?? cell.textContent.trim()));
}

export function readHeads(figure) {
  return [...figure.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
}

export function animates() {
  return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}
