// What each panel looks like. One without a look of its own is shown by the shape of its data.
import { bytes, duration, h, labelled, number, plain, setText } from "./dom.js";
import { Log } from "./log.js";
import { Plot } from "./plot.js";
import { Table } from "./table.js";

/** Facts as a list, lists of rows as tables. */
class Shape {
  constructor() {
    this.facts = h("dl", { hidden: true });
    this.alarm = h("p", { class: "alarm", role: "alert", hidden: true });
    this.note = h("p", { class: "note", hidden: true });
    this.tables = new Map();
    this.element = h("div", {}, this.alarm, this.facts);
    this.values = new Map();
  }

  update(data) {
    const { failure, note, ...rest } = data !== null && typeof data === "object" && !Array.isArray(data) ? data : { value: data };
    for (const [element, text] of [[this.alarm, failure], [this.note, note]]) {
      element.hidden = !text;
      setText(element, text ?? "");
    }
    for (const [name, value] of Object.entries(rest)) {
      if (isRows(value)) this.table(name).update(value);
      else this.fact(name, value);
    }
    this.element.append(this.note);
  }

  table(name) {
    if (!this.tables.has(name)) {
      this.tables.set(name, this.makeTable(name));
      this.element.append(this.tables.get(name).element);
    }
    return this.tables.get(name);
  }

  makeTable(name) {
    return new Table(name);
  }

  fact(name, value) {
    if (!this.values.has(name)) {
      this.values.set(name, h("dd"));
      this.facts.append(h("dt", {}, name), this.values.get(name));
      this.facts.hidden = false;
    }
    setText(this.values.get(name), plain(value));
  }
}

function isRows(value) {
  return Array.isArray(value) && value.every((row) => row !== null && typeof row === "object" && !Array.isArray(row));
}

class State extends Shape {
  constructor() {
    super();
    const percent = (value) => `${value.toFixed(1)} %`;
    this.plots = {
      processor: new Plot("Processor", { show: percent }),
      memory: new Plot("Memory", { show: bytes }),
      lag: new Plot("Lag of the event loop", { show: (value) => `${(value * 1000).toFixed(1)} ms` }),
      tasks: new Plot("Tasks", { show: number }),
    };
    this.element.prepend(h("div", { class: "tiles" }, ...Object.values(this.plots).map((plot) => plot.element)));
  }

  update({ processor, memory, lag, tasks, uptime, launched, ready, alive, down, pid, ...rest }) {
    const before = this.before;
    this.before = { processor, uptime };
    if (before && uptime > before.uptime) {
      this.plots.processor.push(Math.max(0, ((processor - before.processor) / (uptime - before.uptime)) * 100));
    }
    if (memory !== null) this.plots.memory.push(memory);
    this.plots.memory.element.hidden = memory === null;
    this.plots.lag.push(lag);
    this.plots.tasks.push(tasks);
    const state = ready ? "ready" : alive ? "not ready" : "needs a restart";
    const time = `${plain(launched)} (${duration(uptime)} ago)`;
    super.update({ state, launched: time, "processor time": `${number(processor)} s`, pid: String(pid), ...rest });
    if (down.length || this.tables.size) this.table("What is not ready").update(down);
  }
}

class Metrics {
  constructor() {
    this.plots = new Map();
    this.input = h("input", { type: "search", placeholder: "part of a name", oninput: () => this.choose() });
    this.tiles = h("div", { class: "tiles" });
    this.empty = h("p", { class: "empty" });
    this.element = h("div", {}, h("div", { class: "bar" }, labelled("Filter", this.input)), this.empty, this.tiles);
  }

  update({ series, note }) {
    for (const each of series) this.plot(each).push(each.number);
    setText(this.empty, note ?? "No metric has a value yet.");
    this.empty.hidden = series.length > 0 && !note;
    this.choose();
  }

  plot(each) {
    const key = JSON.stringify([each.metric, each.value, each.tags]);
    if (!this.plots.has(key)) {
      const tags = [each.kind, each.tags].filter(Boolean).join(" · ");
      const plot = new Plot(`${each.metric} ${each.value}`, { show: number, tags });
      this.plots.set(key, plot);
      this.tiles.append(plot.element);
    }
    return this.plots.get(key);
  }

  choose() {
    const wanted = this.input.value.trim().toLowerCase();
    for (const [key, plot] of this.plots) plot.element.hidden = !key.toLowerCase().includes(wanted);
  }
}

class Loggers extends Shape {
  constructor({ about }) {
    super();
    this.writes = about.writes;
    this.minutes = h("select", {}, ...[5, 10, 30, 60].map((each) => h("option", { value: each, selected: each === 10 }, `${each} minutes`)));
    this.status = h("span", { class: "end", role: "status" });
    const bar = h("div", { class: "bar" }, labelled("A change holds for", this.minutes), this.status);
    this.element.prepend(this.writes ? bar : h("p", { class: "note" }, "Read-only: the option inspector_write lets levels be changed here."));
  }

  update({ levels, ...rest }) {
    this.levels = levels;
    super.update(rest);
  }

  makeTable(name) {
    return new Table(name, this.writes ? { actions: (row) => this.actions(row) } : {});
  }

  actions({ logger }) {
    const names = ["", ...this.levels];
    const options = names.map((name) => h("option", { value: name }, name || "its own"));
    const select = h("select", { "aria-label": `Level of ${logger}`, onchange: () => this.change(logger, select.value) }, ...options);
    return [select];
  }

  async change(logger, level) {
    const body = JSON.stringify({ logger, level: level || null, minutes: Number(this.minutes.value) });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch("/asab/inspector/levels", { method: "POST", headers, body });
    if (!answer.ok) setText(this.status, await answer.text());
    else {
      setText(this.status, level ? `${logger} is at ${level} for ${this.minutes.value} minutes` : `${logger} is at its own level`);
      this.update(await answer.json());
    }
  }
}

const LOOKS = { state: State, log: Log, metrics: Metrics, loggers: Loggers };

/** Make the look of a panel; `tools` has `about`, and `look()`, which asks the server anew. */
export function makePanel(name, tools) {
  return new (LOOKS[name] ?? Shape)(tools);
}
