// Talking to the API.

const ROOT = "/api/v1/risk";

/** Times in ns don't fit into a double: they become text before parsing. */
export function parse(text) {
  return JSON.parse(text.replace(/("\w+_ns":)(-?\d{16,})/g, '$1"$2"')
    .replace(/("time_ns":)\[([\d,]*)\]/g, (_, name, list) => `${name}[${list.replace(/\d+/g, '"$&"')}]`));
}

/** The other way round: indented JSON with times as the numbers they are. */
export function pretty(value) {
  return JSON.stringify(value, null, 2).replace(/("\w+_ns": )"(-?\d+)"/g, "$1$2");
}

export async function load(path, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  const response = await fetch(`${ROOT}/${path}${query.size ? `?${query}` : ""}`, { headers: { accept: "application/json" } });
  const body = parse(await response.text());
  if (!response.ok) throw new Error(body.error?.message ?? `HTTP ${response.status}`);
  return body;
}

const KINDS = ["decisions", "accounts", "metrics", "stress", "breakers", "alerts", "kills", "status"];

/**
 * Follow the stream from a cursor. The browser resumes by itself after a broken connection; onReset means that
 * something was missed, onState gets "live" or "reconnecting".
 */
export function follow(cursor, { onNews, onReset, onState }) {
  const source = new EventSource(`${ROOT}/stream?${new URLSearchParams({ after: cursor })}`);
  for (const kind of KINDS) source.addEventListener(kind, (event) => onNews(kind, parse(event.data)));
  source.addEventListener("open", () => onState("live"));
  source.addEventListener("reset", () => { source.close(); onReset(); });
  source.addEventListener("error", () => {
    onState("reconnecting");
    if (source.readyState === EventSource.CLOSED) setTimeout(onReset, 2000);
  });
}
