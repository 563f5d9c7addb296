// What every page does by itself: the theme switch, times in the reader's zone, and saying whether it goes on.

import { followState } from "./state.js";
import { offerThemes } from "./theme.js";
import { writeTimes } from "./times.js";

offerThemes(document.querySelector("[data-theme-switch]"));
followState();
writeTimes(document);
// Whatever was put into the page meanwhile has its times in UTC, as the server writes them.
document.addEventListener("htmx:after:swap", () => writeTimes(document));
