// Each check arrives as an event, and its row is brought up to date.
const rows = [...document.querySelectorAll("tr[data-url]")];

new EventSource("/events").onmessage = event => {
  const watched = JSON.parse(event.data);
  const row = rows.find(each => each.dataset.url === watched.url);
  if (!row) return;
  row.className = watched.state;
  ["text", "since", "took"].forEach((name, index) => { row.cells[index + 1].textContent = watched[name] });
};
