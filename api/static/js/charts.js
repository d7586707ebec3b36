// Equity, P&L and VaR over event time.

import uPlot from "../vendor/uPlot.esm.js";
import { byId } from "./dom.js";
import { money, signed, tick, toMs } from "./format.js";
import { state, watch } from "./store.js";

const REDRAW_MS = 400;
const sync = uPlot.sync("time");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const faded = (name) => `color-mix(in srgb, ${colour(name)} 14%, transparent)`;

const line = (label, name, more = {}) => ({
  label, stroke: colour(name), width: 1.6, points: { show: false }, spanGaps: true,
  value: (_, value) => (value === null || value === undefined ? "–" : money(value)), ...more,
});

const CHARTS = [
  { id: "equity-chart", height: 118, columns: ["equity"], quiet: true,
    series: () => [line("Equity", "accent", { fill: faded("accent") })] },
  { id: "pnl-chart", height: 88, columns: ["pnl"],
    series: () => [line("Day P&L", "violet", { fill: faded("violet"), fillTo: 0, value: (_, v) => signed(v) })], zero: true },
  { id: "var-chart", height: 212, columns: ["var_parametric", "var_historical", "expected_shortfall", "var_limit"], zero: true,
    series: () => [line("Parametric", "accent"), line("Historical", "teal"), line("ES", "amber"),
      line("Limit", "bad", { dash: [6, 4], width: 1.4 })] },
];

const DAY_S = 86400;
const stamp = (seconds, from, to) => new Date(seconds * 1000).toISOString().slice(from, to).replace("T", " ");
/** 03-06 where the ticks are days apart, 14:30 where they are closer. */
const times = (_, splits, __, ___, step) => splits.map((seconds) => (step >= DAY_S ? stamp(seconds, 5, 10) : stamp(seconds, 11, 16)));

function axes(quiet) {
  const common = { stroke: colour("muted"), font: "11px system-ui, sans-serif", grid: { stroke: colour("grid"), width: 1 },
    ticks: { show: false } };
  return [{ ...common, show: !quiet, size: 24, space: 60, values: times, grid: { show: false } },
    { ...common, size: 58, space: 34, values: (_, values) => values.map(tick) }];
}

/** Zero is always in sight, and a flat line keeps some room. */
function range(zero) {
  return (_, low, high) => {
    if (low === null) return [0, 1];
    const [from, to] = zero ? [Math.min(0, low), Math.max(0, high)] : [low, high];
    const pad = (to - from) * 0.08 || Math.abs(to) * 0.01 || 1;
    return [zero && from === 0 ? 0 : from - pad, to + pad];
  };
}

function build(chart) {
  const host = byId(chart.id);
  host.replaceChildren();
  const idle = (u) => u.setLegend({ idx: u.data[0].length - 1 });
  const options = {
    width: host.clientWidth || 300, height: chart.height, axes: axes(chart.quiet), series: [{ label: "Time", value: (_, seconds) => (seconds ? stamp(seconds, 0, 16) : "–") }, ...chart.series()],
    scales: { y: { range: range(chart.zero) } }, tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), "Etc/UTC"),
    padding: [8, 14, 0, 0], cursor: { sync: { key: sync.key }, drag: { x: true, y: false }, points: { size: 6 } }, legend: { live: true },
    hooks: { setData: [idle], ready: [(u) => u.over.addEventListener("mouseleave", () => idle(u))] },
  };
  return new uPlot(options, [[]].concat(chart.columns.map(() => [])), host);
}

let plots = CHARTS.map(build);
let drawnAt = 0;
let waiting = null;

function draw() {
  waiting = null;
  drawnAt = performance.now();
  const history = state.history;
  const seconds = (history?.time_ns ?? []).map((timeNs) => toMs(timeNs) / 1000);
  plots.forEach((plot, index) => plot.setData([seconds, ...CHARTS[index].columns.map((name) => history?.[name] ?? [])]));
}

function soon() {
  waiting ??= setTimeout(draw, Math.max(0, drawnAt + REDRAW_MS - performance.now()));
}

function rebuild() {
  for (const plot of plots) plot.destroy();
  plots = CHARTS.map(build);
  soon();
}

const sizes = new ResizeObserver(() => plots.forEach((plot, index) => {
  const width = byId(CHARTS[index].id).clientWidth;
  if (width && width !== plot.width) plot.setSize({ width, height: CHARTS[index].height });
}));
for (const chart of CHARTS) sizes.observe(byId(chart.id));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", rebuild);
watch(["history"], soon);
