// One card an account; the chosen one is what charts and exposure show.

import { badge, byId, el, meter, setText } from "./dom.js";
import { compact, number, percent, signed, words } from "./format.js";
import { load } from "./net.js";
import { changed, dayPnl, levelOf, state, watch } from "./store.js";

const cards = new Map();

async function choose(id) {
  state.selected = id;
  state.history = null; // rather no chart than that of another account
  changed("accounts", "selected", "history");
  const history = await load("history", { account_id: id });
  if (state.selected !== id) return;
  state.history = history;
  changed("history");
}

function card(id) {
  const figures = el("dl", { class: "figures" });
  const node = el("button", { type: "button", class: "account", "data-account": id, "aria-pressed": "false",
    on: { click: () => choose(id) } });
  const head = el("span", { class: "account-head" }, el("strong", {}, id), el("span", { class: "muted place" }));
  const equity = el("span", { class: "equity" });
  const badges = el("span", { class: "badges" });
  node.append(head, equity, figures, badges);
  return { node, equity, figures, badges, place: head.querySelector(".place") };
}

const figure = (title, value, tone = "") => el("div", {}, el("dt", {}, title), el("dd", { class: tone }, value));
const tone = (value) => (value > 0 ? "good" : value < 0 ? "bad" : "");

function varMeter(metrics) {
  const used = metrics.var_limit ? metrics.var_parametric / metrics.var_limit : 0;
  const kind = used > 1 ? "bad" : used > 0.8 ? "warned" : "good";
  const text = `${compact(metrics.var_parametric)} of ${compact(metrics.var_limit)}`;
  return el("div", { class: "var-row" }, el("dt", {}, "VaR"), el("dd", {}, meter(used, kind, `VaR ${text}`), text));
}

/** At the levels of the table beside them: metrics are as old as their sweep. */
function breakersOf(id, { breakers }) {
  const level = (kind) => levelOf(id, kind) ?? breakers[kind];
  return Object.keys(breakers).map((kind) => badge(`level-${level(kind)}`, `${words(kind)}: ${words(level(kind))}`));
}

function paint(view, account) {
  setText(view.place, [account.desk_id, account.preset].filter(Boolean).join(" · "));
  const metrics = account.metrics;
  if (!metrics) {
    setText(view.equity, "no metrics yet");
    return;
  }
  setText(view.equity, `${number(metrics.equity)} ${account.base_currency}`.trim());
  const pnl = dayPnl(metrics);
  view.figures.replaceChildren(
    figure("Day P&L", signed(pnl), tone(pnl)), figure("Drawdown", percent(metrics.drawdown, 1)),
    figure("Leverage", `${number(metrics.leverage, 2)}×`), varMeter(metrics));
  view.badges.replaceChildren(...breakersOf(account.account_id, metrics));
}

function render({ accounts, selected }) {
  for (const [id, account] of accounts) {
    if (!cards.has(id)) {
      cards.set(id, card(id));
      byId("accounts").replaceChildren(...[...accounts.keys()].filter((each) => cards.has(each)).map((each) => cards.get(each).node));
    }
    const view = cards.get(id);
    paint(view, account);
    view.node.setAttribute("aria-pressed", String(id === selected));
  }
  for (const label of document.querySelectorAll(".of-account")) setText(label, selected ?? "");
}

watch(["accounts", "selected", "breakers"], render);
