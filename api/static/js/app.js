// The live page: one picture first, then the stream from where the picture ends.

import "./strip.js";
import "./accounts.js";
import "./charts.js";
import "./exposure.js";
import "./breakers.js";
import "./reasons.js";
import "./decisions.js";
import "./alerts.js";
import { follow, load } from "./net.js";
import { connection, news, picture, state } from "./store.js";

async function start() {
  try {
    const dashboard = await load("dashboard", { account_id: state.selected });
    picture(dashboard);
    follow(dashboard.cursor, { onNews: news, onReset: start, onState: connection });
  } catch (error) {
    console.warn(error.message);
    connection("unreachable");
    state.selected = null;
    setTimeout(start, 2000);
  }
}

start();
