// Building elements. Data only ever becomes text, attributes or CSSOM values; nothing is parsed as HTML.

export const byId = (id) => document.getElementById(id);

/** el("td", {class: "num", title: "x"}, "text", child): null, undefined and false children are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Replace the text only if it differs, so that selections and screen readers are left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export const badge = (kind, text) => el("span", { class: `badge ${kind}` }, text);

const share = (value) => `${Math.max(0, Math.min(1, value)) * 100}%`;

/** A bar filled to a share from 0 to 1. */
export function meter(value, kind, label) {
  const fill = el("span", { class: `fill ${kind}` });
  fill.style.width = share(value);
  const now = String(Math.round(Math.max(0, Math.min(1, value)) * 100));
  return el("span", { class: "meter", role: "meter", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": now,
    "aria-label": label }, fill);
}

/** A bar that goes left of the middle for negative shares and right of it for positive ones. */
export function diverging(value) {
  const fill = el("span", { class: `fill ${value < 0 ? "negative" : "positive"}` });
  fill.style.width = share(Math.abs(value) / 2);
  fill.style.left = value < 0 ? share(0.5 + value / 2) : "50%";
  return el("span", { class: "diverging", "aria-hidden": "true" }, fill);
}

/** A bar from the left; its colour tells the sign. */
export function plainBar(value) {
  const fill = el("span", { class: `fill ${value < 0 ? "negative" : "positive"}` });
  fill.style.width = share(Math.abs(value));
  return el("span", { class: "plain-bar", "aria-hidden": "true" }, fill);
}
