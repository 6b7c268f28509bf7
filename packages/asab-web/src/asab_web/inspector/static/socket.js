// The line to the application: kept up, and silent while nobody sees the page.

const LONGEST = 10000; // milliseconds between two tries

export class Line {
  /** `wish()` says what is looked at, `take(message)` gets what comes, `tell(isOpen)` how the line is. */
  constructor({ wish, take, tell }) {
    Object.assign(this, { wish, take, tell, delay: 500 });
    document.addEventListener("visibilitychange", () => this.look());
    this.open();
  }

  open() {
    const url = new URL("/asab/inspector/socket", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new WebSocket(url);
    this.socket.addEventListener("open", () => {
      this.delay = 500;
      this.tell(true);
      this.look();
    });
    this.socket.addEventListener("message", (event) => this.take(JSON.parse(event.data)));
    this.socket.addEventListener("close", (event) => this.again(event));
  }

  again(event) {
    this.tell(false);
    if (event.code === 1008) location.reload(); // the login has ended
    setTimeout(() => this.open(), this.delay);
    this.delay = Math.min(this.delay * 2, LONGEST);
  }

  look() {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify(document.hidden ? { look: null } : this.wish()));
  }
}
