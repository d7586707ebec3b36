// Numbers, times and units as people read them.

const NONE = "–";
const known = (value) => value !== null && value !== undefined && Number.isFinite(Number(value));
const fixed = (digits) => new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "negative" });
const formats = [0, 1, 2, 3, 4].map(fixed);
const compactFormat = new Intl.NumberFormat("en-US", { notation: "compact", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const tickFormat = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 4 });
const quantityFormat = new Intl.NumberFormat("en-US", { maximumFractionDigits: 12 });

export const number = (value, digits = 0) => (known(value) ? formats[digits].format(value) : NONE);
export const money = (value) => number(value, 0);
export const compact = (value) => (known(value) ? (Math.abs(value) < 10000 ? number(value, 0) : compactFormat.format(value)) : NONE);
export const tick = (value) => tickFormat.format(value);
export const signed = (value) => (known(value) ? (value > 0 ? "+" : "") + number(value, 0) : NONE);
export const percent = (value, digits = 2) => (known(value) ? `${number(100 * value, digits)}%` : NONE);
export const quantity = (text) => (text === null || text === undefined ? NONE : quantityFormat.format(text));

/** Decimal text or number of ns to ms since 1970. */
export const toMs = (timeNs) => Number(timeNs) / 1e6;

/** 03-02 20:59:51 */
export function moment(timeNs) {
  const ms = toMs(timeNs);
  return ms > 0 ? new Date(ms).toISOString().slice(5, 19).replace("T", " ") : NONE;
}

export function dateTime(timeNs) {
  const ms = toMs(timeNs);
  return ms > 0 ? `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC` : NONE;
}

export function duration(ns) {
  if (!known(ns)) return NONE;
  const steps = [[86400e9, "d"], [3600e9, "h"], [60e9, "min"], [1e9, "s"], [1e6, "ms"]];
  const [size, unit] = steps.find(([step]) => ns >= step) ?? [1e3, "µs"];
  return `${number(ns / size, ns / size < 10 ? 1 : 0)} ${unit}`;
}

export const words = (name) => name.replaceAll("_", " ");

const significant = (value) => {
  const size = Math.abs(value);
  if (size >= 1000) return number(value, 0);
  if (size >= 10) return number(value, 1);
  return size >= 0.01 || size === 0 ? number(value, 2) : Number(value).toPrecision(2);
};

/** A measure with its unit: [text of measure, text of limit, unit that remains to be said]. */
export function measured(measure, limit, unit) {
  const show = pick(unit);
  return [known(measure) ? show.text(measure) : NONE, known(limit) ? show.text(limit) : NONE, show.unit];
}

function pick(unit) {
  if (unit === "ns") return { text: duration, unit: "" };
  if (unit === "money") return { text: money, unit: "" };
  if (unit.startsWith("fraction")) return { text: (v) => percent(v), unit: unit.replace(/^fraction ?/, "") };
  if (unit.startsWith("loss")) return { text: (v) => percent(v), unit: unit.replace("loss, ", "") };
  if (unit.startsWith("annual")) return { text: (v) => percent(v, 1), unit: unit.replace("annual", "a year") };
  if (unit.startsWith("x ")) return { text: (v) => `${significant(v)}×`, unit: unit.slice(2) };
  if (unit === "1/s") return { text: significant, unit: "per second" };
  return { text: significant, unit };
}
