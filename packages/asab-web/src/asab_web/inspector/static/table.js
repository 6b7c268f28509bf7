// A table of rows that change: sorted by its columns, filtered by a text, and patched cell by cell.
import { h, labelled, plain, setText } from "./dom.js";

const FILTER_FROM = 8; // rows; below that one sees everything anyway
const CODE = new Set(["option", "message", "subscriber", "handler", "logger", "part", "class", "queue"]);
const LONG = new Set(["value", "from", "shadows"]);

export class Table {
  /** `actions(row)`, where there is one, returns the elements of a last column. */
  constructor(caption, { columns = null, actions = null } = {}) {
    this.columns = columns;
    this.actions = actions;
    this.rows = [];
    this.sort = null;
    this.input = h("input", { type: "search", placeholder: "part of a row", oninput: () => this.draw() });
    this.count = h("span", { class: "end" });
    this.bar = h("div", { class: "bar", hidden: true }, labelled("Filter", this.input), this.count);
    this.head = h("tr");
    this.body = h("tbody");
    const table = h("table", {}, h("caption", {}, caption), h("thead", {}, this.head), this.body);
    this.scroll = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table);
    this.empty = h("p", { class: "empty" }, `${caption}: nothing here at the moment.`);
    this.element = h("section", {}, this.bar, this.scroll, this.empty);
  }

  update(rows) {
    this.rows = rows;
    if (rows.length && !this.names) this.start(this.columns ?? Object.keys(rows[0]));
    this.draw();
  }

  start(names) {
    this.names = names;
    this.numeric = new Set(names.filter((name) => this.rows.some((row) => typeof row[name] === "number")));
    this.heads = names.map((name) => {
      const button = h("button", { type: "button", onclick: () => this.sortBy(name) }, name);
      return h("th", { scope: "col", class: this.numeric.has(name) && "n" }, button);
    });
    this.head.append(...this.heads, ...(this.actions ? [h("th", { scope: "col" }, "change")] : []));
  }

  sortBy(name) {
    const down = this.sort?.name === name ? !this.sort.down : this.numeric.has(name);
    this.sort = { name, down };
    this.heads.forEach((head, index) => {
      if (this.names[index] === name) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    this.draw();
  }

  draw() {
    const rows = this.chosen();
    this.bar.hidden = this.rows.length < FILTER_FROM;
    this.scroll.hidden = !this.rows.length;
    this.empty.hidden = this.rows.length > 0;
    setText(this.count, rows.length === this.rows.length ? `${rows.length}` : `${rows.length} of ${this.rows.length}`);
    while (this.body.rows.length > rows.length) this.body.lastElementChild.remove();
    rows.forEach((row, index) => this.drawRow(this.body.rows[index] ?? this.addRow(), row));
  }

  chosen() {
    const wanted = this.input.value.trim().toLowerCase();
    const rows = wanted
      ? this.rows.filter((row) => this.names.some((name) => plain(row[name]).toLowerCase().includes(wanted)))
      : [...this.rows];
    if (this.sort) {
      const { name, down } = this.sort;
      rows.sort((one, other) => compare(one[name], other[name]) * (down ? -1 : 1));
    }
    return rows;
  }

  addRow() {
    const cells = this.names.map((name) => h("td", { class: this.kind(name) }));
    const row = h("tr", {}, ...cells, ...(this.actions ? [h("td")] : []));
    this.body.append(row);
    return row;
  }

  kind(name) {
    if (this.numeric.has(name)) return "n";
    if (LONG.has(name)) return "code long";
    return CODE.has(name) && "code";
  }

  drawRow(element, row) {
    this.names.forEach((name, index) => drawCell(element.cells[index], row[name]));
    if (this.actions && element.dataset.key !== JSON.stringify(row[this.names[0]])) {
      element.dataset.key = JSON.stringify(row[this.names[0]]);
      element.lastElementChild.replaceChildren(...this.actions(row));
    }
  }
}

function drawCell(cell, value) {
  if (Array.isArray(value)) {
    const text = JSON.stringify(value);
    if (cell.dataset.list !== text) cell.replaceChildren(h("ol", {}, ...value.map((each) => h("li", {}, plain(each)))));
    cell.dataset.list = text;
    return;
  }
  setText(cell, plain(value));
  cell.classList.toggle("masked", value === "***");
}

function compare(one, other) {
  if (typeof one === "number" || typeof other === "number") return (one ?? -Infinity) - (other ?? -Infinity);
  return plain(one).localeCompare(plain(other));
}
