// The stream of decisions, newest first, with filter and pause.

import { badge, byId, el, setText } from "./dom.js";
import { dateTime, moment, number, quantity, words } from "./format.js";
import { show } from "./panel.js";
import { state, watch } from "./store.js";

const ROWS_MAX = 120;
const body = byId("decisions");
const filter = { account: "", status: "", text: "" };
let paused = false;
let shownTop = null;

function matches(line) {
  if (filter.account && line.account_id !== filter.account) return false;
  if (filter.status && line.status !== filter.status) return false;
  if (!filter.text) return true;
  const text = `${line.symbol ?? ""} ${line.reason} ${line.order_id} ${line.side ?? ""}`.toLowerCase();
  return text.includes(filter.text);
}

function marks(line) {
  return [line.repeat && "repeat", line.dry_run && "check", line.reducing && line.action !== "cancel" && "reducing"].filter(Boolean)
    .map((mark) => el("span", { class: "mark" }, mark));
}

function row(line) {
  const open = () => show(line);
  const label = `${line.status}: ${line.account_id} ${words(line.side ?? line.action)} ${quantity(line.quantity)} ${line.symbol ?? ""}, ${line.reason}`;
  const side = line.action === "new" ? words(line.side) : line.action;
  return el("tr", { class: `decision ${line.status}`, "data-order": line.order_id, on: { click: open } },
    el("td", {}, el("button", { type: "button", class: "time", title: dateTime(line.decided_at_ns), "aria-label": `Show decision, ${label}` }, moment(line.decided_at_ns))),
    el("td", {}, line.account_id), el("td", { class: `side ${line.side ?? ""}` }, side), el("td", { class: "num" }, quantity(line.quantity)),
    el("td", { class: "symbol" }, line.symbol ?? "–"),
    el("td", {}, badge(line.status === "approved" ? "good" : "bad", line.status)),
    el("td", { class: "why", title: line.text }, line.reason === "APPROVED" ? "" : el("span", { class: "code" }, line.reason), marks(line)),
    el("td", { class: "num wide" }, line.repeat ? "–" : number(line.score, 1)));
}

const key = (line) => `${line.partition}/${line.seq}`;

function renderAll() {
  const lines = state.lines.filter(matches).slice(0, ROWS_MAX);
  body.replaceChildren(...lines.map(row));
  shownTop = state.lines[0] ? key(state.lines[0]) : null;
  byId("decisions-empty").hidden = lines.length > 0;
}

/** Put what is new on top; rows that are there stay, and so does the focus. */
function renderNew() {
  if (paused) return;
  const known = state.lines.findIndex((line) => key(line) === shownTop);
  if (known < 0) { renderAll(); return; }
  const fresh = state.lines.slice(0, known).filter(matches).slice(0, ROWS_MAX);
  body.prepend(...fresh.map(row));
  while (body.children.length > ROWS_MAX) body.lastElementChild.remove();
  shownTop = key(state.lines[0]);
  byId("decisions-empty").hidden = body.children.length > 0;
}

export function search(text) {
  byId("filter-text").value = text;
  filter.text = text.toLowerCase();
  renderAll();
}

byId("filter-text").addEventListener("input", (event) => search(event.target.value));
for (const name of ["account", "status"]) {
  byId(`filter-${name}`).addEventListener("change", (event) => { filter[name] = event.target.value; renderAll(); });
}
byId("pause").addEventListener("click", (event) => {
  paused = !paused;
  event.currentTarget.setAttribute("aria-pressed", String(paused));
  setText(event.currentTarget, paused ? "Resume" : "Pause");
  if (!paused) renderAll();
});

watch(["decisions"], renderNew);
watch(["decisions-all"], renderAll);
watch(["accounts"], ({ accounts }) => {
  const select = byId("filter-account");
  const known = new Set([...select.options].map((option) => option.value));
  for (const id of accounts.keys()) if (!known.has(id)) select.append(el("option", { value: id }, id));
});
