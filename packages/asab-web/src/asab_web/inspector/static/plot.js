// A number that moves: its value now, and its last two minutes as a line.
import { h, setText } from "./dom.js";

const LONGEST = 120; // seconds
const SHORTEST = 30; // seconds that a plot has room for from the start
const [WIDTH, HEIGHT] = [240, 48];

export class Plot {
  /** `show` writes a value for people; `zero` says whether the ground of the plot is zero. */
  constructor(title, { show, tags = "", zero = true }) {
    Object.assign(this, { title, show, zero, points: [] });
    this.number = h("p", { class: "number" }, "–");
    this.area = shape("path", { class: "area" });
    this.stroke = shape("path", { class: "stroke" });
    this.svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
    this.svg.append(this.area, this.stroke);
    this.low = h("span");
    this.high = h("span");
    this.element = h(
      "section",
      { class: "tile" },
      h("h3", {}, ...title.split(/(?<=_)/).flatMap((word) => [word, h("wbr")])),
      tags ? h("p", { class: "tags" }, tags) : null,
      this.number,
      this.svg,
      h("p", { class: "range" }, this.low, this.high),
    );
  }

  push(value) {
    const now = performance.now() / 1000; // values do not come at an even pace
    this.points.push({ at: now, value });
    while (this.points[0].at < now - LONGEST) this.points.shift();
    const values = this.points.map((point) => point.value);
    const high = Math.max(...values);
    const low = Math.min(...values);
    setText(this.number, this.show(value));
    setText(this.low, `min ${this.show(low)}`);
    setText(this.high, `max ${this.show(high)}`);
    this.svg.setAttribute("aria-label", `${this.title}: now ${this.show(value)}, between ${this.show(low)} and ${this.show(high)}`);
    this.draw(now, this.zero ? Math.min(0, low) : low, high);
  }

  draw(now, low, high) {
    const span = high - low || 1;
    const room = Math.max(now - this.points[0].at, SHORTEST);
    const points = this.points.map(({ at, value }) => {
      const x = (1 - (now - at) / room) * WIDTH;
      const y = HEIGHT - 3 - ((value - low) / span) * (HEIGHT - 6);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    });
    const start = points[0].split(",")[0];
    this.stroke.setAttribute("d", `M${points.join("L")}`);
    this.area.setAttribute("d", `M${start},${HEIGHT}L${points.join("L")}L${WIDTH},${HEIGHT}Z`);
  }
}

function shape(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
