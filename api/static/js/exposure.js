// What the chosen account holds, and what the stress scenarios would do to it.

import { byId, diverging, el, plainBar } from "./dom.js";
import { compact, percent, quantity, signed, words } from "./format.js";
import { watch } from "./store.js";

function bars(rows, titles) {
  const head = el("tr", {}, titles.map((title, index) => el("th", { scope: "col", class: index > 1 ? "num" : "" }, title)));
  return el("table", { class: "bars" }, el("thead", {}, head), el("tbody", {}, rows));
}

/** The middle is only worth its room when there are both signs. */
const barFor = (values) => (values.some((value) => value < 0) && values.some((value) => value > 0) ? diverging : plainBar);
const empty = (text) => el("p", { class: "empty" }, text);

function exposures(metrics) {
  const held = [...(metrics?.exposures ?? [])].sort((one, other) => Math.abs(other.value) - Math.abs(one.value));
  if (!held.length) return empty("No position.");
  const most = Math.max(...held.map((each) => Math.abs(each.value)), 1);
  const bar = barFor(held.map((each) => each.value));
  return bars(held.map((each) => el("tr", { title: `${quantity(each.quantity)} held, ${quantity(each.working_buy)} to buy, ${quantity(each.working_sell)} to sell` },
    el("th", { scope: "row" }, each.symbol), el("td", { class: "bar" }, bar(each.value / most)),
    el("td", { class: "num" }, compact(each.value)), el("td", { class: "num muted" }, percent(each.value / metrics.equity, 1)),
    el("td", { class: `num ${each.unrealised_pnl < 0 ? "bad" : "good"}` }, compact(each.unrealised_pnl)))),
  ["Symbol", "", "Value", "Equity", "Open P&L"]);
}

function scenarios(account) {
  const results = Object.entries(account?.stress ?? {}).sort((one, other) => one[1] - other[1]);
  if (!results.length) return empty("No scenario yet.");
  const most = Math.max(...results.map(([, pnl]) => Math.abs(pnl)), 1);
  const bar = barFor(results.map(([, pnl]) => pnl));
  const equity = account.metrics?.equity;
  return bars(results.map(([name, pnl]) => el("tr", {}, el("th", { scope: "row" }, words(name)),
    el("td", { class: "bar" }, bar(pnl / most)), el("td", { class: `num ${pnl < 0 ? "bad" : "good"}` }, signed(pnl)),
    el("td", { class: "num muted" }, equity > 0 ? percent(pnl / equity, 1) : "–"))), ["Scenario", "", "P&L", "Equity"]);
}

watch(["accounts", "selected"], ({ accounts, selected }) => {
  const account = accounts.get(selected);
  byId("exposure").replaceChildren(exposures(account?.metrics));
  byId("stress").replaceChildren(scenarios(account));
});
