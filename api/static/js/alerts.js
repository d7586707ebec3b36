// What a person should know, newest first.

import { badge, byId, el } from "./dom.js";
import { dateTime, words } from "./format.js";
import { watch } from "./store.js";

const TONES = { info: "quiet", warning: "warned", critical: "bad" };

function item(alert) {
  return el("li", {}, badge(TONES[alert.severity], alert.severity), el("time", { class: "muted" }, dateTime(alert.event_time_ns)),
    el("strong", {}, alert.account_id), el("span", {}, alert.text), el("span", { class: "muted" }, words(alert.category)));
}

watch(["alerts"], ({ alerts }) => {
  const items = alerts.map(item);
  byId("alerts").replaceChildren(...(items.length ? items : [el("li", { class: "empty" }, "No alert.")]));
});
