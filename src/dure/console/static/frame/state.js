// Whether the page still hears of what is new. The words stand in the page, in its language.

export function followState() {
  document.addEventListener("htmx:ws:after:connection", (event) => say(event.target, "open"));
  document.addEventListener("htmx:ws:close", (event) => say(event.target, "lost"));
  // From the first change on, rows that come are shown to be new; those that the page began with are not.
  document.addEventListener("htmx:ws:after:message:incoming", () => { document.documentElement.dataset.moved = ""; });
}

function say(place, name) {
  if (place.id !== "live") return;
  place.dataset.state = name;
  place.textContent = place.dataset[name];
}
