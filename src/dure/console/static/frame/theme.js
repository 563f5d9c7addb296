// Light, dark, or as the device is set: the choice is a cookie, so that the next page begins in it and nothing flashes.

const THEMES = ["system", "light", "dark"];
const KEPT_S = 365 * 24 * 3600;

export function offerThemes(button) {
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const now = THEMES.indexOf(document.documentElement.dataset.theme);
    chooseTheme(THEMES[(now + 1) % THEMES.length]);
  });
}

function chooseTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const meta = document.querySelector('meta[name="color-scheme"]');
  if (meta) meta.content = theme === "system" ? "light dark" : theme;
  document.cookie = `dure_theme=${theme}; path=/; max-age=${KEPT_S}; samesite=lax`;
  // Plots read their colours from the tokens and draw anew.
  document.dispatchEvent(new CustomEvent("dure:theme"));
}
