// The strip at the top: pace, verdicts, latency, breakers, market, and whether all this can be relied on.

import { byId, el, setText } from "./dom.js";
import { dateTime, number, words } from "./format.js";
import { watch, worst } from "./store.js";

const ms = (value) => (value === null ? "–" : `${number(value, value < 10 ? 1 : 0)} ms`);
const share = (summary) => {
  const all = summary.approved + summary.rejected;
  return all ? `${number((100 * summary.approved) / all, 1)}%` : "";
};

/** name, title, and of the summary (and all that is known): value, smaller text beside it, tone */
const TILES = [
  ["rate", "Orders / s", (s) => number(s.orders_per_s, s.orders_per_s < 100 ? 1 : 0)],
  ["approved", "Approved", (s) => number(s.approved), share, () => "good"],
  ["rejected", "Rejected", (s) => number(s.rejected), (s) => (s.repeats ? `${number(s.repeats)} repeats` : ""), () => "bad"],
  ["p50", "Latency p50", (s) => ms(s.latency_p50_ms)],
  ["p99", "Latency p99", (s) => ms(s.latency_p99_ms)],
  ["breaker", "Worst breaker", (_, all) => words(worst(all)), null, (_, all) => `level-${worst(all)}`],
  ["vix", "VIX", (s) => number(s.vix, 1), null, (s) => (s.vix > 40 ? "bad" : s.vix > 30 ? "warned" : "")],
  ["turbulence", "Turbulence", (s) => (s.turbulence === null ? "–" : `${number(s.turbulence, 1)}×`)],
  ["lag", "Feed lag", (s) => number(s.lag), (s) => (s.caught_up ? "records" : "catching up"), (s) => (s.caught_up ? "" : "warned")],
];

const nodes = new Map(TILES.map(([name, title]) => {
  const value = el("span", { class: "value" }, "–");
  const note = el("span", { class: "note" });
  const tile = el("div", { class: "tile", "data-tile": name }, el("dt", {}, title), el("dd", {}, value, note));
  byId("strip").append(tile);
  return [name, { tile, value, note }];
}));

function render(all) {
  const { summary, connection } = all;
  const badge = byId("connection");
  badge.dataset.state = connection === "live" ? (summary?.health.status ?? "ok") : connection;
  setText(badge, connection === "live" ? (summary?.health.status === "ok" ? "live" : (summary?.health.status ?? "live")) : connection);
  if (!summary) return;
  for (const [name, , value, note, tone] of TILES) {
    const tile = nodes.get(name);
    setText(tile.value, value(summary, all));
    setText(tile.note, note?.(summary) ?? "");
    tile.tile.className = `tile ${tone?.(summary, all) ?? ""}`;
  }
  notices(connection === "live" ? summary.health.reasons : [...summary.health.reasons, `the page is not connected (${connection}): figures may be old`]);
}

function notices(reasons) {
  const box = byId("notices");
  box.hidden = reasons.length === 0;
  setText(box, reasons.join(" · "));
}

watch(["summary", "breakers"], render);
watch(["now"], ({ nowNs }) => setText(byId("now"), dateTime(nowNs)));
