import { MISSING, type Missing } from "./format";

const SYMBOLS: Record<string, string> = {
  USD: "$",
  CNY: "¥",
  EUR: "€",
  JPY: "¥",
  GBP: "£",
  HKD: "HK$",
  TWD: "NT$",
  KRW: "₩",
  SGD: "S$",
};

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

export function currencySymbol(currency: string): string {
  return SYMBOLS[currency] ?? currency;
}

/** Rounds a decimal string half up without ever making a float of it. */
export function roundDecimal(text: string, places: number): string | null {
  const parts = DECIMAL.exec(text);
  if (!parts) return null;
  const [, sign = "", whole = "0", fraction = ""] = parts;
  const kept = fraction.padEnd(places + 1, "0");
  let scaled = BigInt(whole + kept.slice(0, places));
  if (kept.charCodeAt(places) >= "5".charCodeAt(0)) scaled += 1n;
  const digits = scaled.toString().padStart(places + 1, "0");
  const head = digits.slice(0, digits.length - places);
  const body = places === 0 ? head : `${head}.${digits.slice(-places)}`;
  return scaled === 0n ? body : sign + body;
}

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** The amount with the symbol of the display currency; symbol only, nothing is converted. */
export function money(text: string | Missing, currency: string, places: number): string {
  if (text === null || text === undefined) return MISSING;
  const rounded = roundDecimal(text, places);
  if (rounded === null) return MISSING;
  const isNegative = rounded.startsWith("-");
  const [whole = "0", fraction] = rounded.replace("-", "").split(".");
  const amount = fraction === undefined ? group(whole) : `${group(whole)}.${fraction}`;
  return `${isNegative ? "-" : ""}${currencySymbol(currency)}${amount}`;
}

/** "25.00" reads "25", "12.50" stays "12.5": what a field shows of a stored decimal. */
export function trimDecimal(text: string | Missing): string {
  if (text === null || text === undefined) return "";
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const PLACES = 15;

/** The exact sum of decimal strings; what is no decimal counts as nothing. */
export function addDecimals(texts: Iterable<string | Missing>): string {
  let sum = 0n;
  for (const text of texts) {
    const scaled = roundDecimal(text ?? "0", PLACES);
    if (scaled !== null) sum += BigInt(scaled.replace(".", ""));
  }
  const isNegative = sum < 0n;
  const digits = (isNegative ? -sum : sum).toString().padStart(PLACES + 1, "0");
  const text = `${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`;
  return isNegative ? `-${text}` : text;
}
