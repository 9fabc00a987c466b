"use strict";
// Puts the page's parts to work: charts when they come near the view, tables at once, the slider, the theme.
(() => {
  const parts = JSON.parse(document.getElementById("data").textContent);
  const pending = new Map();

  const widthOf = (canvas) => Math.max(260, Math.floor(canvas.clientWidth));
  const draw = (figure) => {
    const make = pending.get(figure);
    if (make) make();
  };
  const watcher = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
    watcher.unobserve(entry.target);
    draw(entry.target);
    entry.target.dataset.drawn = "yes";
  }), { rootMargin: "300px" });

  // A table as the page has it, for numbers that come from elsewhere.
  const emptyTable = (title, columns) => {
    const head = vd.el("tr", {}, ...columns.map((column) => vd.el("th", { scope: "col", class: column.kind === "text" ? "text" : null })));
    const table = vd.el("table", {}, vd.el("thead", {}, head), vd.el("tbody"));
    const frame = vd.el("div", { class: "window", tabindex: "0", role: "region", "aria-label": `${title}, rows` }, table);
    return vd.el("div", { class: "table", role: "group", "aria-label": title }, vd.el("div", { class: "tools" }), frame);
  };
  const figure = (root, kind, spec) => {
    const canvas = root.querySelector(".canvas");
    const columns = () => vd.numbers[kind](spec);
    const rows = () => {
      const all = columns();
      return all[0].values.map((_, at) => all.map((column) => column.values[at]));
    };
    const more = vd.el("details", {}, vd.el("summary", { text: "The numbers as a table" }));
    more.addEventListener("toggle", () => {
      if (!more.open || more.dataset.made) return;
      more.dataset.made = "yes";
      const numbers = columns();
      const table = emptyTable(spec.title, numbers);
      more.append(table);
      vd.table(table, { title: spec.title, columns: numbers, views: [] });
    });
    root.append(vd.el("div", { class: "tools" }, ...vd.takers(spec.title, () => columns().map((column) => column.title), rows)), more);
    pending.set(root, () => canvas.replaceChildren(...vd.draw[kind](spec, widthOf(canvas))));
    watcher.observe(root);
  };

  const walk = (root, spec) => {
    const steps = spec.steps;
    const canvas = root.querySelector(".canvas");
    let at = spec.start;
    const best = steps.reduce((found, step, index) => (step.error !== null && (found === null || step.error < steps[found].error) ? index : found), null);
    const id = `${root.id}-slider`;
    const slider = vd.el("input", { type: "range", id, min: "0", max: String(steps.length - 1), step: "1", value: String(at) });
    const fewer = vd.el("button", { type: "button", text: "Fewer columns", onclick: () => move(at - 1) });
    const more = vd.el("button", { type: "button", text: "More columns", onclick: () => move(at + 1) });
    const said = vd.el("output", { class: "said", for: id, "aria-live": "polite" });
    const list = vd.el("div");
    const names = ["error", "columns"].map(() => vd.el("div"));
    const error = { title: spec.title, caption: spec.caption, x: { label: spec.parameter, log: true, range: null }, y: { label: spec.error, log: false, range: null }, square: false, reverse: steps[0].value > steps[steps.length - 1].value };
    const line = (name, style, y, spread, line) => ({ name, x: steps.map((step) => step.value), y, spread: spread ?? [], labels: steps.map((step) => `${step.kept.length} columns kept`), line, mark: "small", style });
    const many = Math.max(...steps.map((step) => step.kept.length));
    const charts = () => {
      const here = { kind: "vertical", at: steps[at].value, label: "you are here" };
      const marks = spec.marks.map(([place, label]) => ({ kind: "vertical", at: place, label }));
      const width = widthOf(canvas);
      const curve = { ...error, series: [line("error on held-out rows, ± its standard error", 0, steps.map((step) => step.error), steps.map((step) => step.standard_error), "solid")], rules: [...marks, { ...here, label: marks.some((mark) => Math.abs(Math.log(mark.at / here.at)) < 0.25) ? "" : here.label }] };
      const kept = { ...error, title: "Columns kept", y: { label: "columns", log: many > 60, range: null, ticks: many > 60 ? null : d3.ticks(0, Math.max(1, many), 8).filter(Number.isInteger) }, series: [line("columns kept", 2, steps.map((step) => step.kept.length), null, "solid"), line("by chance at most, in expectation", 1, steps.map((step) => step.false_keeps), null, "dashed")], rules: [{ ...here, label: "" }] };
      const some = steps.some((step) => step.error !== null);
      names[0].replaceChildren(...(some ? vd.draw.chart(curve, width) : []));
      names[1].replaceChildren(...vd.draw.chart(kept, width));
    };
    const tell = () => {
      const step = steps[at];
      const count = step.kept.length;
      const words = [`${spec.parameter.split(",")[0]} = ${vd.short(step.value)}: ${count} column${count === 1 ? "" : "s"} kept`];
      if (step.false_keeps !== null && count > 0) words.push(step.false_keeps >= count ? ", and chance alone would keep as many" : `, at most ${step.false_keeps < 0.05 ? "0.05" : `about ${vd.brief(step.false_keeps)}`} of them by chance`);
      words.push(".");
      if (step.error !== null) {
        words.push(` Error on held-out rows (${spec.error}): ${vd.brief(step.error)}${step.standard_error === null ? "" : ` ± ${vd.brief(step.standard_error)}`}`);
        const low = steps[best];
        words.push(at === best ? ", the lowest of all." : `; the lowest is ${vd.brief(low.error)}, with ${low.kept.length} columns${step.error <= low.error + (low.standard_error ?? 0) ? ": no worse than that as far as the rows can tell." : "."}`);
      }
      said.textContent = words.join("");
      slider.setAttribute("aria-valuetext", said.textContent);
      const columns = [{ title: "column", about: "", kind: "text", values: step.kept.map(([index]) => spec.names[index]) }, { title: spec.weight, about: "", kind: "number", values: step.kept.map(([, weight]) => weight) }];
      const table = emptyTable(`Columns kept at this ${spec.parameter.split(",")[0]}`, columns);
      list.replaceChildren(table);
      if (root.dataset.drawn || root.querySelector("svg")) vd.table(table, { title: `Columns kept at ${vd.short(step.value)}`, columns, views: [] });
      fewer.disabled = at === 0;
      more.disabled = at === steps.length - 1;
    };
    const move = (to) => {
      at = Math.max(0, Math.min(steps.length - 1, to));
      slider.value = String(at);
      charts();
      tell();
    };
    slider.addEventListener("input", () => move(Number(slider.value)));
    canvas.before(vd.el("label", { for: id, text: "Move the slider to keep fewer or more columns" }), vd.el("div", { class: "slider" }, fewer, slider, more), said);
    canvas.append(...names);
    const columns = () => [spec.parameter, "columns kept", spec.error, "standard error", "kept by chance, expected", "names"];
    const rows = () => steps.map((step) => [step.value, step.kept.length, step.error, step.standard_error, step.false_keeps, step.kept.map(([index]) => spec.names[index]).join("; ")]);
    root.append(list, vd.el("div", { class: "tools" }, vd.el("span", { class: "note", text: "The whole walk:" }), ...vd.takers(`${spec.title}: the whole walk`, columns, rows)));
    tell();
    pending.set(root, () => { charts(); tell(); });
    watcher.observe(root);
  };

  for (const part of parts) {
    const root = document.getElementById(part.id);
    if (part.kind === "table") vd.table(root, part.spec);
    else if (part.kind === "walk") walk(root, part.spec);
    else figure(root, part.kind, part.spec);
  }
  for (const command of document.querySelectorAll(".command")) {
    const text = command.querySelector("code").textContent;
    command.append(vd.el("button", { type: "button", text: "Copy", "aria-label": "Copy the command", onclick: (event) => vd.copy(text, event.currentTarget) }));
  }

  const theme = document.getElementById("theme");
  const dark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const say = () => (theme.textContent = dark() ? "Light" : "Dark");
  theme.hidden = false;
  theme.addEventListener("click", () => { document.documentElement.dataset.theme = dark() ? "light" : "dark"; say(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", say);
  say();

  let width = innerWidth;
  let later = 0;
  addEventListener("resize", () => {
    clearTimeout(later);
    later = setTimeout(() => {
      if (innerWidth === width) return;
      width = innerWidth;
      for (const root of pending.keys()) if (root.dataset.drawn) draw(root);
    }, 120);
  });
  addEventListener("beforeprint", () => { for (const root of pending.keys()) if (!root.dataset.drawn) { draw(root); root.dataset.drawn = "yes"; } });
  document.documentElement.dataset.ready = "yes";
})();
