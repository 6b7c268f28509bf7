// The log: records as they come, the last of them at the bottom, filtered by the server.
import { h, labelled, setText } from "./dom.js";

const SHOWN = 400; // rows; the page stays quick, whatever comes
const LEVELS = ["DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"];
const HEAD = new Set(["time", "level", "logger", "message", "exception", "stack"]);

export class Log {
  constructor({ look }) {
    this.look = look;
    this.waiting = [];
    this.seen = this.missed = 0;
    this.paused = false;
    this.level = h("select", { onchange: () => this.ask() }, ...LEVELS.map((name) => h("option", {}, name)));
    this.text = h("input", { type: "search", placeholder: "text of the record", oninput: () => this.askSoon() });
    this.pause = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.setPaused(!this.paused) }, "Pause");
    const clear = h("button", { type: "button", onclick: () => this.clear() }, "Clear");
    this.count = h("span", { class: "end" });
    this.rows = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": "Log records", tabindex: "0" });
    this.empty = h("p", { class: "empty" }, "Nothing has been logged since you came. Records appear here as they come.");
    const bar = h("div", { class: "bar" }, labelled("Level from", this.level), labelled("Contains", this.text), this.pause, clear, this.count);
    this.element = h("div", {}, bar, this.empty, this.rows);
    this.clear();
  }

  /** What the server is to send. */
  get wish() {
    return { level: this.level.value, text: this.text.value };
  }

  ask() {
    this.look();
  }

  askSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), 200);
  }

  setPaused(paused) {
    this.paused = paused;
    this.pause.setAttribute("aria-pressed", String(paused));
    setText(this.pause, paused ? "Go on" : "Pause");
    this.draw();
  }

  clear() {
    this.waiting = [];
    this.seen = this.missed = 0;
    this.rows.replaceChildren();
    this.draw();
  }

  update({ records, missed }) {
    this.seen += records.length;
    this.missed += missed;
    if (missed) this.waiting.push({ gap: missed });
    this.waiting.push(...records);
    if (this.waiting.length > SHOWN) this.waiting.splice(0, this.waiting.length - SHOWN);
    this.draw();
  }

  draw() {
    const left = this.missed ? `, ${this.missed.toLocaleString("en")} left out` : "";
    const paused = this.paused && this.waiting.length ? `, ${this.waiting.length} waiting` : "";
    setText(this.count, `${this.seen.toLocaleString("en")} records${left}${paused}`);
    if (!this.paused && this.waiting.length) {
      const atEnd = this.rows.scrollTop + this.rows.clientHeight >= this.rows.scrollHeight - 40;
      this.rows.append(...this.waiting.map(row));
      this.waiting = [];
      while (this.rows.childElementCount > SHOWN) this.rows.firstElementChild.remove();
      if (atEnd) this.rows.scrollTop = this.rows.scrollHeight;
    }
    this.empty.hidden = this.rows.childElementCount > 0;
    this.rows.hidden = !this.empty.hidden;
    if (!this.rows.hidden && this.first !== true) {
      this.first = true;
      this.rows.scrollTop = this.rows.scrollHeight;
    }
  }
}

function row(record) {
  if (record.gap) return h("p", { class: "gap" }, `${record.gap.toLocaleString("en")} records came too fast and are left out`);
  const data = Object.entries(record).filter(([key]) => !HEAD.has(key));
  const text = h("span", { class: "text" }, h("span", { class: "name" }, record.logger), ` ${record.message}`);
  if (data.length) text.append(" ", h("span", { class: "sd" }, data.map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : value}`).join("  ")));
  for (const key of ["exception", "stack"]) if (record[key]) text.append(`\n${record[key]}`);
  const level = /^[A-Z]+$/.test(record.level) ? record.level : "";
  return h("p", { class: level }, h("time", {}, record.time.slice(11, 23)), h("span", { class: "level" }, record.level), text);
}
