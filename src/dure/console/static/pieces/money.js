// Money as people read it, as `dure.console.applications.money` writes it: whole minor units in, text out, no number in between.

const GROUP = "\u202f";
const MINUS = "\u2212";
const UNITS = /^-?[0-9]{1,80}$/;

export function showMoney(units, decimals = 0, signed = false) {
  const text = String(units);
  if (!UNITS.test(text) || !(decimals >= 0 && decimals <= 18)) return text;
  const digits = text.replace("-", "").replace(/^0+/, "").padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const rest = digits.slice(digits.length - decimals);
  const grouped = whole.replace(/\B(?=(?:[0-9]{3})+$)/g, GROUP);
  const isZero = !/[1-9]/.test(digits);
  const sign = isZero ? "" : text.startsWith("-") ? MINUS : signed ? "+" : "";
  return sign + grouped + (rest ? `.${rest}` : "");
}
