// One decision with everything it was decided on.

import { badge, byId, el } from "./dom.js";
import { dateTime, money, number, quantity, words } from "./format.js";
import { layerList } from "./layers.js";
import { load, pretty } from "./net.js";

const panel = byId("panel");
let asked = 0;

/** Open the panel on a line of the list, then fill it with the whole decision. */
export async function show(line) {
  asked += 1;
  const mine = asked;
  panel.replaceChildren(heading(line), el("p", { class: "empty" }, "Loading the evidence…"));
  if (!panel.open) panel.showModal();
  try {
    const decision = await load(`decisions/${encodeURIComponent(line.order_id)}`, { account_id: line.account_id });
    if (mine === asked) panel.replaceChildren(heading(line), ...evidence(decision).filter(Boolean));
  } catch (error) {
    if (mine === asked) panel.replaceChildren(heading(line), el("p", { class: "empty" }, error.message));
  }
}

function heading(line) {
  const what = line.action === "new" ? `${words(line.side)} ${quantity(line.quantity)} ${line.symbol}` : `${line.action} of an order`;
  return el("header", { class: "panel-head" },
    el("div", {}, el("h2", { id: "panel-title" }, badge(line.status === "approved" ? "good" : "bad", line.status), ` ${line.account_id}: ${what}`),
      el("p", { class: "muted" }, line.order_id)),
    el("button", { type: "button", class: "close", "aria-label": "Close", on: { click: () => panel.close() } }, "✕"));
}

function evidence(decision) {
  return [verdict(decision), facts(decision), advice(decision), layers(decision), inputs(decision), section("Order", el("pre", { tabindex: "0" }, pretty(decision.order)))];
}

const section = (title, ...content) => el("section", {}, el("h3", {}, title), ...content);

function verdict(decision) {
  return el("p", { class: `verdict ${decision.status}` }, el("span", { class: "code" }, decision.reason), ` ${decision.text}`);
}

function facts(decision) {
  const rows = [
    ["Score", `${number(decision.score, 1)} of 100`], ["Largest approvable", quantity(decision.max_quantity)],
    ["Decided at", dateTime(decision.decided_at_ns)], ["Limits", [decision.preset, `version ${decision.limits_version}`].filter(Boolean).join(", ")],
    ["Equity", money(decision.equity)], ["FIX 103", decision.fix_ord_rej_reason ?? "–"],
    ["Reserved", decision.reservation ? quantity(decision.reservation.quantity) : "nothing"], ["Market version", number(decision.market_version)],
    ["Kind", [decision.reducing && "risk-reducing", decision.dry_run && "dry run", decision.repeat && "repeated answer"].filter(Boolean).join(", ") || "new risk"],
  ];
  return el("dl", { class: "facts" }, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, String(value)))));
}

function advice(decision) {
  if (!decision.recommendations.length) return null;
  return section("Recommendations", el("ul", {}, decision.recommendations.map((text) => el("li", {}, text))));
}

function layers(decision) {
  if (!decision.layers.length) return section("Layers", el("p", { class: "empty" }, "This answer was given without the layers."));
  return section("The ten layers", layerList(decision.layers));
}

function inputs(decision) {
  if (!decision.marks.length) return null;
  const rows = decision.marks.map((mark) => el("tr", {}, el("th", { scope: "row" }, mark.symbol), el("td", { class: "num" }, number(mark.price, 4)),
    el("td", {}, dateTime(mark.event_time_ns)), el("td", { class: "num" }, number(mark.version))));
  const head = el("tr", {}, ["Symbol", "Price", "Time", "Version"].map((title) => el("th", { scope: "col" }, title)));
  const book = Object.entries(decision.book_prices ?? {}).map(([symbol, price]) => `${symbol} ${number(price, 2)}`).join(" · ");
  return section("Marks used", el("table", { class: "marks" }, el("thead", {}, head), el("tbody", {}, rows)),
    book && el("p", { class: "muted book" }, `Book valued at ${book}`));
}

panel.addEventListener("click", (event) => { if (event.target === panel) panel.close(); });
