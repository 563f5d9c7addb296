// Brings the pieces of a page to life: each kind loads its module only where the page has one.
// Without this module, or without the libraries of the build, every piece stays what it is: text and a table.

const KINDS = [
  ["[data-chart][data-library]", "./chart.js", "showChart"],
  ["[data-map][data-library]", "./map.js", "showMap"],
  ["[data-document]", "./document.js", "showDocument"],
];

async function enliven(root) {
  for (const [selector, module, name] of KINDS) {
    const places = [...root.querySelectorAll(selector)];
    if (places.length === 0) continue;
    const loaded = await import(module);
    await Promise.all(places.map((place) => loaded[name](place)));
  }
  document.documentElement.dataset.pieces = "ready";
}

enliven(document);
