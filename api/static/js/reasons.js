// Why orders were refused; a click shows those decisions.

import { byId, el, meter, setText } from "./dom.js";
import { number } from "./format.js";
import { search } from "./decisions.js";
import { watch } from "./store.js";

const rows = new Map();

function row(entry) {
  const count = el("span", { class: "num" });
  const bar = el("span", { class: "bar" });
  const node = el("button", { type: "button", class: "reason", title: `layer ${entry.layer}: ${entry.text}`,
    on: { click: () => search(entry.reason) } },
  el("span", { class: "layer", "aria-hidden": "true" }, String(entry.layer)), el("span", { class: "code" }, entry.reason), bar, count);
  return { node, count, bar };
}

watch(["summary"], ({ summary }) => {
  const most = summary.reasons[0]?.count ?? 1;
  for (const entry of summary.reasons) {
    if (!rows.has(entry.reason)) rows.set(entry.reason, row(entry));
    const view = rows.get(entry.reason);
    setText(view.count, number(entry.count));
    view.bar.replaceChildren(meter(entry.count / most, "bad", `${entry.count} rejections`));
  }
  const host = byId("reasons");
  const nodes = summary.reasons.map((entry) => rows.get(entry.reason).node);
  const same = nodes.length === host.children.length && nodes.every((node, index) => host.children[index] === node);
  if (!same) host.replaceChildren(...nodes);
  setText(byId("reasons-total"), `${number(summary.rejected)} in ${summary.reasons.length} reasons`);
});
