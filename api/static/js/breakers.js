// Breaker states, the most severe first, and kill switches that are on.

import { badge, byId, el } from "./dom.js";
import { dateTime, moment, percent, words } from "./format.js";
import { severity, watch } from "./store.js";

const order = (one, other) => severity(other.level) - severity(one.level)
  || one.account_id.localeCompare(other.account_id) || one.breaker.localeCompare(other.breaker);

const since = (breaker) => (breaker.moved_at_ns ? moment(breaker.moved_at_ns).slice(0, -3) : "–");

function lastMove(breaker) {
  if (!breaker.moved_at_ns) return "never moved";
  return `${dateTime(breaker.moved_at_ns)}: ${breaker.trigger}, at ${percent(breaker.measure)} against ${percent(breaker.limit)}`;
}

function row(breaker, loss) {
  return el("tr", { title: lastMove(breaker) }, el("th", { scope: "row" }, breaker.account_id), el("td", {}, words(breaker.breaker)),
    el("td", {}, badge(`level-${breaker.level}`, words(breaker.level))), el("td", { class: "num" }, percent(loss, 1)),
    el("td", { class: "num muted" }, since(breaker)));
}

watch(["breakers", "accounts"], ({ breakers, accounts }) => {
  const loss = (breaker) => accounts.get(breaker.account_id)?.metrics?.[breaker.breaker];
  byId("breakers").replaceChildren(...[...breakers.values()].sort(order).map((breaker) => row(breaker, loss(breaker))));
});

watch(["kills"], ({ kills }) => {
  byId("kills").replaceChildren(...kills.map((kill) => {
    const mark = badge("level-halted", `kill switch: ${kill.scope} ${kill.scope_id}`);
    mark.title = `${kill.author}, ${dateTime(kill.since_ns)}: ${kill.reason}`;
    return mark;
  }));
});
