// The page: which panel is shown, and how the application does.
import { duration, h, setText } from "./dom.js";
import { makePanel } from "./panels.js";
import { Line } from "./socket.js";
import { themeButton } from "./theme.js";

const find = (id) => document.getElementById(id);
const shown = new Map(); // the panels that were looked at, with what they show

themeButton(find("theme"));
const answer = await fetch("/asab/inspector/panels");
if (answer.status === 401) location.reload();
const about = await answer.json();
const titles = new Map(about.panels.map(({ name, title }) => [name, title]));
setText(find("application"), about.application);
setText(find("version"), about.version);
find("logout").hidden = !about.asks;
find("panels").append(
  ...about.panels.map(({ name, title }) => h("li", {}, h("a", { href: `#${name}`, "data-panel": name }, title))),
);

let name = "";
let isOpen = false;
const line = new Line({ wish, take, tell });
addEventListener("hashchange", () => choose(true));
choose(false);

function wish() {
  return { look: name, ...shown.get(name)?.wish };
}

function choose(byUser) {
  const wanted = location.hash.slice(1);
  if (wanted === "main") return; // the link over the rail
  name = titles.has(wanted) ? wanted : "state";
  if (!shown.has(name)) shown.set(name, makePanel(name, { about, look: () => line.look() }));
  find("panel").replaceChildren(shown.get(name).element);
  setText(find("title"), titles.get(name));
  document.title = `${titles.get(name)} – ${about.application}`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.panel === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (byUser) find("main").focus({ preventScroll: true });
  scrollTo(0, 0);
  line.look();
}

function take(message) {
  if (message.head) showHead(message.head);
  if (message.panel === "log") shown.get("log")?.update(message);
  else if (message.panel === name) shown.get(name).update(message.data);
}

function tell(open) {
  isOpen = open;
  if (!open) showPill("warn", "no connection");
  else showPill("", "connected");
}

function showHead({ ready, alive, uptime }) {
  setText(find("uptime"), duration(uptime));
  if (isOpen) showPill(ready ? "good" : alive ? "warn" : "bad", ready ? "ready" : alive ? "not ready" : "needs a restart");
}

function showPill(kind, text) {
  find("pill").className = `pill ${kind}`;
  setText(find("pill"), text);
}
