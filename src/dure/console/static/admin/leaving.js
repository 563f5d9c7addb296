// The button that ends the session, on every page but the door.

import { isInside, leave } from "./operator.js";
import { work } from "./page.js";

const button = document.querySelector("[data-leave]");
button.hidden = !isInside();
button.addEventListener("click", () => work(leave));
