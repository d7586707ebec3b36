// What the page knows. Views are told which parts changed, at most once a frame.

const LINES_MAX = 500;
const POINTS_MAX = 1500;
/** As the server has it: after such a gap in event time a new history begins. */
const GAP_NS = 10 * 86400e9;
const COLUMNS = ["equity", "pnl", "var_parametric", "var_historical", "expected_shortfall", "var_limit"];

export const state = {
  summary: null, accounts: new Map(), selected: null, history: null, breakers: new Map(), kills: [], lines: [],
  alerts: [], connection: "connecting", nowNs: "0",
};

const LEVELS = ["normal", "warning", "restricted", "reduce_only", "halted"];
export const severity = (level) => LEVELS.indexOf(level);

/** The most severe level of the breakers that are shown. */
export const worst = ({ breakers }) => LEVELS[Math.max(0, ...[...breakers.values()].map(({ level }) => severity(level)))];

export const levelOf = (id, kind) => state.breakers.get(`${id}/${kind}`)?.level;

/** Event time as of the latest of all that came, whatever it was. */
function seen(timeNs) {
  if (Number(timeNs ?? 0) <= Number(state.nowNs)) return;
  state.nowNs = timeNs;
  changed("now");
}

const views = [];
const dirty = new Set();
let read = {};
let scheduled = false;

/** Call render(state) whenever one of the parts changed. */
export function watch(parts, render) {
  views.push({ parts, render });
}

export function changed(...parts) {
  for (const part of parts) dirty.add(part);
  if (scheduled) return;
  scheduled = true;
  // A timer, not a frame: hidden pages get no frames, and what they missed would pile up.
  setTimeout(flush, 50);
}

function flush() {
  const parts = new Set(dirty);
  dirty.clear();
  scheduled = false;
  for (const view of views) if (view.parts.some((part) => parts.has(part))) view.render(state);
}

/** A whole picture: what was known before is replaced. */
export function picture(dashboard) {
  state.summary = dashboard.summary;
  state.nowNs = dashboard.summary.now_ns;
  state.accounts = new Map(dashboard.accounts.map((account) => [account.account_id, account]));
  state.selected = dashboard.account_id;
  state.history = dashboard.history;
  state.breakers = new Map(dashboard.breakers.map((breaker) => [breakerId(breaker), breaker]));
  state.kills = dashboard.kill_switches;
  state.alerts = dashboard.alerts;
  state.lines = dashboard.decisions;
  read = {};
  for (const line of state.lines) remember(line);
  changed("summary", "now", "accounts", "selected", "history", "breakers", "kills", "alerts", "decisions-all");
}

const breakerId = (breaker) => `${breaker.account_id}/${breaker.breaker}`;

function remember(line) {
  const fresh = line.seq > (read[line.partition] ?? -1);
  if (fresh) read[line.partition] = line.seq;
  return fresh;
}

const takers = {
  status(summary) {
    state.summary = summary;
    seen(summary.now_ns);
    changed("summary");
  },
  decisions(lines) {
    const fresh = lines.filter(remember).reverse();
    for (const line of fresh) seen(line.decided_at_ns);
    state.lines = [...fresh, ...state.lines].slice(0, LINES_MAX);
    changed("decisions");
  },
  accounts(all) {
    for (const place of all) Object.assign(known(place.account_id), place);
    changed("accounts");
  },
  metrics(all) {
    for (const metrics of all) measure(metrics);
    changed("accounts");
  },
  stress(all) {
    for (const { account_id: id, stress } of all) if (state.accounts.has(id)) state.accounts.get(id).stress = stress;
    changed("accounts");
  },
  breakers(all) {
    for (const breaker of all) {
      state.breakers.set(breakerId(breaker), breaker);
      seen(breaker.moved_at_ns);
    }
    changed("breakers");
  },
  kills(all) {
    state.kills = all.at(-1);
    changed("kills");
  },
  alerts(all) {
    for (const alert of all) seen(alert.event_time_ns);
    state.alerts = [...all.reverse(), ...state.alerts].slice(0, 100);
    changed("alerts");
  },
};

/** Before the first day began there is nothing to compare with. */
export const dayPnl = (metrics) => (metrics.start_of_day_equity ? metrics.equity - metrics.start_of_day_equity : 0);

export const news = (kind, data) => takers[kind](data);

function measure(metrics) {
  const id = metrics.account_id;
  known(id).metrics = metrics;
  seen(metrics.event_time_ns);
  for (const [kind, level] of Object.entries(metrics.breakers)) {
    const name = `${id}/${kind}`;
    if (state.breakers.has(name)) continue;
    state.breakers.set(name, { account_id: id, breaker: kind, level, trigger: "" });
    changed("breakers");
  }
  state.selected ??= id;
  if (id === state.selected && state.history) append(state.history, metrics);
}

/** The account of an id, a new one in its place in the alphabet if need be. */
function known(id) {
  if (!state.accounts.has(id)) {
    const account = { account_id: id, desk_id: "", preset: "", base_currency: "", metrics: null, stress: {} };
    state.accounts = new Map([...state.accounts, [id, account]].sort(([one], [other]) => one.localeCompare(other)));
  }
  return state.accounts.get(id);
}

function append(history, metrics) {
  const last = history.time_ns.at(-1); // one nanosecond before the first would be the same number
  const passedNs = last === undefined ? 1 : Number(metrics.event_time_ns) - Number(last);
  if (passedNs <= 0) return;
  if (passedNs > GAP_NS) for (const name of ["time_ns", ...COLUMNS]) history[name].length = 0;
  history.time_ns.push(metrics.event_time_ns);
  const values = { ...metrics, pnl: dayPnl(metrics) };
  for (const name of COLUMNS) history[name].push(values[name]);
  if (history.time_ns.length > POINTS_MAX) for (const name of ["time_ns", ...COLUMNS]) history[name].splice(0, POINTS_MAX / 3);
  changed("history");
}

export function connection(value) {
  state.connection = value;
  changed("summary");
}
