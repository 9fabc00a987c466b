"use strict";
// Tables: only the rows in view are in the page, so that 20,000 rows sort, filter and scroll at once.
vd.ROW = 32;
vd.table = (root, spec) => {
  const columns = spec.columns;
  const count = Math.min(...columns.map((column) => column.values.length));
  const all = Array.from({ length: count }, (_, row) => row);
  const views = [...spec.views, { name: "all rows", rows: all }];
  const texts = columns.filter((column) => column.kind === "text");
  const collator = new Intl.Collator(undefined, { numeric: true });
  const frame = root.querySelector(".window");
  const table = root.querySelector("table");
  const head = table.tHead.rows[0];
  const body = table.tBodies[0];
  let view = views[0].rows;
  let rows = view;
  let sorted = null;
  let lower = null;
  let whole = false;
  let from = -1;
  const widest = [];

  const search = vd.el("input", { type: "search", placeholder: "Filter", "aria-label": `Filter: ${spec.title}`, oninput: () => { choose(); top(); } });
  const menu = vd.el("select", { "aria-label": `Rows shown: ${spec.title}`, onchange: () => { view = views[menu.selectedIndex].rows; choose(); top(); } },
    ...views.map((one) => vd.el("option", { text: `${one.name} (${one.rows.length.toLocaleString("en")})` })));
  const said = vd.el("output", { "aria-live": "polite" });
  const titles = () => columns.map((column) => column.title);
  const values = () => rows.map((row) => columns.map((column) => column.values[row]));
  const tools = root.querySelector(".tools");
  tools.replaceChildren();
  if (count > 8 && texts.length > 0) tools.append(search);
  if (views.length > 1) tools.append(menu);
  tools.append(said, ...vd.takers(spec.title, titles, values));

  columns.forEach((column, at) => {
    const cell = head.cells[at];
    const button = vd.el("button", { type: "button", text: column.title, title: column.about || null, onclick: () => sort(at) });
    cell.replaceChildren(button);
    cell.setAttribute("aria-sort", "none");
  });
  table.setAttribute("aria-rowcount", String(count + 1));

  function choose() {
    const wanted = search.value.trim().toLowerCase();
    rows = view;
    if (wanted !== "") {
      lower ??= all.map((row) => texts.map((column) => column.values[row].toLowerCase()).join("\u0000"));
      rows = rows.filter((row) => lower[row].includes(wanted));
    }
    if (sorted) rows = [...rows].sort(order(columns[sorted.at], sorted.up));
    said.textContent = `${rows.length.toLocaleString("en")} of ${count.toLocaleString("en")} rows`;
    from = -1;
    draw();
  }
  function order(column, up) {
    const sign = up ? 1 : -1;
    const of = column.values;
    if (column.kind === "text") return (a, b) => sign * collator.compare(vd.clip(of[a], 300), vd.clip(of[b], 300)) || a - b;
    // What there is nothing to say of comes last, whatever the direction.
    return (a, b) => (of[a] === null) - (of[b] === null) || sign * (of[a] - of[b]) || a - b;
  }
  function sort(at) {
    const first = columns[at].kind === "text";
    sorted = sorted?.at === at ? { at, up: !sorted.up } : { at, up: first };
    for (const cell of head.cells) cell.setAttribute("aria-sort", "none");
    head.cells[at].setAttribute("aria-sort", sorted.up ? "ascending" : "descending");
    choose();
    top();
  }
  function top() {
    frame.scrollTop = 0;
    draw();
  }
  function draw() {
    const high = frame.clientHeight || 420;
    const start = whole ? 0 : Math.max(0, Math.min(rows.length - 1, Math.floor(frame.scrollTop / vd.ROW) - 8));
    const end = whole ? Math.min(rows.length, 500) : Math.min(rows.length, start + Math.ceil(high / vd.ROW) + 16);
    if (start === from && !whole) return;
    from = start;
    const drawn = [];
    if (start > 0) drawn.push(space(start));
    for (let at = start; at < end; at += 1) drawn.push(line(rows[at], at));
    if (end < rows.length && !whole) drawn.push(space(rows.length - end));
    body.replaceChildren(...drawn);
    // A column never becomes narrower, so that it does not jump while it is scrolled.
    const widths = [...head.cells].map((cell) => cell.offsetWidth);
    widths.forEach((width, at) => { if (width > (widest[at] ?? 0)) head.cells[at].style.minWidth = `${(widest[at] = width)}px`; });
  }
  function space(number) {
    const cell = vd.el("td", { colspan: String(columns.length) });
    cell.style.height = `${number * vd.ROW}px`;
    return vd.el("tr", { class: "space", "aria-hidden": "true" }, cell);
  }
  function line(row, at) {
    const cells = columns.map((column) => {
      const value = column.values[row];
      if (column.kind === "text") return vd.el("td", { class: "text", text: vd.clip(value, 300), title: value.length > 24 ? vd.clip(value, 1000) : null });
      if (column.kind === "flag") return vd.el("td", { text: value ? "yes" : "no" });
      return vd.el("td", { text: vd.short(value), title: value === null ? null : String(value) });
    });
    return vd.el("tr", { "aria-rowindex": String(at + 2) }, ...cells);
  }
  let waiting = false;
  frame.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }, { passive: true });
  // On paper there is no scrolling: the first 500 rows are printed.
  addEventListener("beforeprint", () => { whole = true; draw(); });
  addEventListener("afterprint", () => { whole = false; from = -1; draw(); });
  choose();
};
