// The ten layers of a decision: verdict, measure against limit, headroom, age; each opens to its checks.

import { badge, el, meter } from "./dom.js";
import { duration, measured, percent, words } from "./format.js";

const TONES = { pass: "good", warn: "warned", fail: "bad", unavailable: "bad", exempt: "quiet", skipped: "quiet" };

function room(result) {
  if (result.headroom === null) return el("span", { class: "room" });
  const tone = TONES[result.verdict];
  const text = percent(result.headroom, Math.abs(result.headroom) < 0.01 ? 1 : 0);
  return el("span", { class: "room" }, meter(result.headroom, tone, `headroom ${text}`), el("span", { class: `num ${result.headroom < 0 ? "bad" : ""}` }, text));
}

function figures(result) {
  if (result.measure === null) return el("span", { class: "figures-of muted" }, "–");
  const [measure, limit, unit] = measured(result.measure, result.limit, result.unit);
  return el("span", { class: "figures-of" }, el("span", { class: "measure" }, measure), el("span", { class: "muted" }, ` / ${limit} ${unit}`));
}

function checkRow(check) {
  return el("tr", { class: check.verdict }, el("th", { scope: "row" }, words(check.name)), el("td", {}, figures(check)), el("td", {}, room(check)),
    el("td", {}, badge(TONES[check.verdict], check.verdict)), el("td", { class: "code" }, check.reason ?? ""));
}

function layer(result) {
  const age = result.input_age_ns === null ? null : el("span", { class: "age muted" }, `oldest input ${duration(result.input_age_ns)}`);
  const summary = el("summary", {}, el("span", { class: "ordinal" }, String(result.layer)), el("span", { class: "layer-name" }, words(result.name)),
    figures(result), room(result), badge(TONES[result.verdict], result.verdict));
  const head = el("tr", {}, ["Check", "Measure / limit", "Headroom", "Verdict", "Reason"].map((title) => el("th", { scope: "col" }, title)));
  const checks = el("div", { class: "checks" }, age, el("table", {}, el("thead", {}, head), el("tbody", {}, result.checks.map(checkRow))));
  const rejects = result.verdict === "fail" || result.verdict === "unavailable";
  return el("details", { class: `layer-result ${result.verdict}`, "data-layer": result.layer, open: rejects }, summary,
    result.reason && el("p", { class: "layer-reason code" }, result.reason), checks);
}

export const layerList = (results) => el("div", { class: "layers" }, results.map(layer));
