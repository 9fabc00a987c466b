"use strict";
// Charts, drawn by Observable Plot. Each function makes the inside of a figure for a width.
vd.SYMBOLS = ["circle", "square", "triangle", "diamond", "star", "cross", "wye"];
vd.DASHES = { solid: null, dashed: "7 4", dotted: "2 3", dashdot: "8 3 2 3" };
// The eighth colour is that of what is only compared with.
vd.colour = (style) => `var(--s${style % 8})`;
vd.symbol = (style) => vd.SYMBOLS[style % vd.SYMBOLS.length];
// A label that is longer than the axis begins at the left edge of the picture and is cut where it must be.
vd.label = (label, room, width) => (6.8 * label.length <= room ? { label, labelAnchor: "center" } : { label: vd.clip(label, Math.floor((width - 24) / 6.8)), labelAnchor: "right" });
vd.axis = (axis, room = Infinity, width = Infinity) => ({ ...vd.label(axis.label, room, width), labelArrow: "none", ...(axis.ticks ? { ticks: axis.ticks } : {}), type: axis.log ? "log" : "linear", domain: axis.range ?? undefined, nice: !axis.range && !axis.log, grid: true, ...(axis.log ? { tickFormat: vd.power } : {}) });
vd.power = (value) => (value >= 0.001 && value < 1e5 ? String(value) : value.toExponential(0).replace("e+", "e").replaceAll("-", "−"));
vd.frame = (width, spec, marks, more = {}) => {
  const narrow = width < 480;
  const high = spec.square ? Math.min(width, 460) : Math.round(Math.min(420, Math.max(260, 0.6 * width)));
  return Plot.plot({
    width: spec.square ? Math.min(width, 480) : Math.min(width, 760), height: high, marginLeft: narrow ? 52 : 64, marginRight: 18, marginBottom: 52, marginTop: 22,
    style: { fontSize: "13px", background: "transparent", color: "var(--ink)" }, ariaLabel: spec.title, ariaDescription: spec.caption, ...more, marks,
  });
};
vd.swatch = (series) => {
  const size = 34;
  const node = d3.create("svg").attr("width", size).attr("height", 16).attr("aria-hidden", "true");
  if (series.line !== "none") node.append("line").attr("x1", 0).attr("x2", size).attr("y1", 8).attr("y2", 8).attr("stroke", vd.colour(series.style)).attr("stroke-width", 2.2).attr("stroke-dasharray", vd.DASHES[series.line]);
  if (series.mark !== "none") {
    const large = series.mark === "large";
    node.append("path").attr("transform", `translate(${size / 2},8)`).attr("d", d3.symbol(d3[`symbol${vd.symbol(series.style).replace(/^./, (c) => c.toUpperCase())}`], large ? 90 : 40)())
      .attr("fill", large ? "var(--paper)" : vd.colour(series.style)).attr("stroke", vd.colour(series.style)).attr("stroke-width", large ? 2 : 0);
  }
  return node.node();
};
vd.legend = (entries) => vd.el("ul", { class: "legend" }, ...entries.map(([swatch, name]) => vd.el("li", {}, swatch, vd.el("span", { text: name }))));
vd.points = (spec) => spec.series.map((series) => series.x.map((x, at) => ({ x, y: series.y[at], spread: series.spread[at] ?? null, label: series.labels[at] ?? "", name: series.name, style: series.style }))
  .filter((p) => Number.isFinite(p.x) && Number.isFinite(p.y) && p.x !== null && p.y !== null && !(spec.x.log && p.x <= 0) && !(spec.y.log && p.y <= 0)));
vd.told = (spec) => (p) => [p.name, vd.clip(p.label, 80), `${vd.clip(spec.x.label, 40)}: ${vd.short(p.x)}`, `${vd.clip(spec.y.label, 40)}: ${vd.short(p.y)}${p.spread === null ? "" : ` ± ${vd.short(p.spread)}`}`].filter((line) => line !== "").join("\n");

vd.draw = {};
vd.draw.chart = (spec, width) => {
  const marks = [];
  const points = vd.points(spec);
  const clip = Boolean(spec.x.range || spec.y.range);
  spec.rules.forEach((rule) => {
    const upright = rule.kind === "vertical";
    const line = { stroke: "var(--quiet)", strokeDasharray: "4 3" };
    marks.push(upright ? Plot.ruleX([rule.at], line) : Plot.ruleY([rule.at], line));
    if (rule.label) marks.push(Plot.text([rule.label], { ...(upright ? { x: () => rule.at, frameAnchor: "top", dx: 5, dy: 2 } : { y: () => rule.at, frameAnchor: "right", dy: -8, dx: -4 }), textAnchor: upright ? "start" : "end", fill: "var(--quiet)", stroke: "var(--paper)", strokeWidth: 4 }));
  });
  spec.series.forEach((series, at) => {
    const stroke = vd.colour(series.style);
    const own = points[at];
    const spread = own.filter((p) => p.spread !== null);
    const low = (p) => (spec.y.log ? Math.max(p.y - p.spread, p.y / 100) : p.y - p.spread);
    if (spread.length > 0 && series.line !== "none") marks.push(Plot.areaY(spread, { x: "x", y1: low, y2: (p) => p.y + p.spread, fill: stroke, fillOpacity: 0.16, clip }));
    if (spread.length > 0 && series.line === "none") marks.push(Plot.ruleX(spread, { x: "x", y1: low, y2: (p) => p.y + p.spread, stroke, strokeWidth: 1.5, clip }));
    if (series.line !== "none") marks.push(Plot.line(own, { x: "x", y: "y", stroke, strokeWidth: 2.2, strokeDasharray: vd.DASHES[series.line], clip }));
    const many = own.length > 300;
    if (series.mark === "small") marks.push(Plot.dot(own, { x: "x", y: "y", symbol: vd.symbol(series.style), r: many ? 2 : 3.2, fill: stroke, fillOpacity: many ? 0.55 : 0.9, clip }));
    if (series.mark === "large") marks.push(Plot.dot(own, { x: "x", y: "y", symbol: vd.symbol(series.style), r: 7, fill: "var(--paper)", stroke, strokeWidth: 2.2 }));
  });
  marks.push(Plot.tip(points.flat(), Plot.pointer({ x: "x", y: "y", title: vd.told(spec), maxRadius: 60 })));
  const drawn = [vd.frame(width, spec, marks, { x: { ...vd.axis(spec.x, Math.min(width, spec.square ? 480 : 760) - 90, width), labelOffset: 42, reverse: spec.reverse ?? false }, y: vd.axis(spec.y, 330, 340) })];
  const named = spec.series.filter((series) => series.name !== "");
  if (named.length > 0) drawn.unshift(vd.legend(named.map((series) => [vd.swatch(series), series.name])));
  return drawn;
};
vd.numbers = {};
vd.numbers.chart = (spec) => {
  const rows = vd.points(spec).flat();
  const spread = rows.some((p) => p.spread !== null);
  const label = rows.some((p) => p.label !== "");
  const text = (title, values) => ({ title, about: "", kind: "text", values });
  const number = (title, values) => ({ title, about: "", kind: "number", values });
  return [text("series", rows.map((p) => p.name)), ...(label ? [text("point", rows.map((p) => p.label))] : []), number(spec.x.label, rows.map((p) => p.x)), number(spec.y.label, rows.map((p) => p.y)), ...(spread ? [number("±", rows.map((p) => p.spread))] : [])];
};

vd.block = (colour) => d3.create("svg").attr("width", 16).attr("height", 16).attr("aria-hidden", "true").call((svg) => svg.append("rect").attr("width", 14).attr("height", 14).attr("x", 1).attr("y", 1).attr("fill", colour)).node();
vd.draw.bars = (spec, width) => {
  const most = width < 480 ? 15 : 28;
  const rows = spec.names.map((name, at) => ({ at, name, value: spec.values[at], spread: spec.spreads[at] ?? null, first: spec.first[at] }));
  const fill = (row) => (row.first ? "var(--first)" : "var(--second)");
  const left = Math.max(60, 12 + 7.6 * Math.max(...rows.map((row) => Math.min(most, row.name.length))));
  const title = (row) => `${vd.clip(row.name, 80)}\n${spec.axis}: ${vd.short(row.value)}${row.spread === null ? "" : ` ± ${vd.short(row.spread)}`}\n${row.first ? spec.kinds[0] : spec.kinds[1]}`;
  const marks = [Plot.ruleX([0], { stroke: "var(--quiet)" })];
  if (spec.spreads.length > 0) {
    marks.push(Plot.ruleY(rows, { y: "at", x1: (row) => row.value - row.spread, x2: (row) => row.value + row.spread, stroke: fill, strokeWidth: 3, strokeOpacity: 0.55 }));
    marks.push(Plot.dot(rows, { y: "at", x: "value", fill, r: 4.5, symbol: "circle" }));
  } else marks.push(Plot.barX(rows, { y: "at", x: "value", fill, inset: 1.5 }));
  if (spec.rule) {
    marks.push(Plot.ruleX([spec.rule[0]], { stroke: "var(--s1)", strokeDasharray: "4 3" }));
    marks.push(Plot.text([spec.rule[1]], { x: () => spec.rule[0], frameAnchor: "top", textAnchor: "start", dx: 4, dy: -14, fill: "var(--s1)" }));
  }
  marks.push(Plot.tip(rows, Plot.pointerY({ y: "at", x: "value", title })));
  const drawn = Plot.plot({
    width: Math.min(width, 760), height: 22 * rows.length + 76, marginLeft: left, marginRight: 18, marginBottom: 52, marginTop: 24, style: { fontSize: "13px", background: "transparent", color: "var(--ink)" },
    ariaLabel: spec.title, ariaDescription: spec.caption,
    x: { ...vd.label(spec.axis, Math.min(width, 760) - left - 18, width), labelArrow: "none", labelOffset: 42, grid: true, nice: true }, y: { type: "band", label: null, domain: rows.map((row) => row.at), tickFormat: (at) => vd.clip(rows[at].name, most), tickSize: 0 }, marks,
  });
  const kinds = [true, false].filter((kind) => rows.some((row) => row.first === kind));
  const named = kinds.map((kind) => [vd.block(kind ? "var(--first)" : "var(--second)"), spec.kinds[kind ? 0 : 1]]);
  return named.length > 0 && spec.kinds[0] !== "" ? [vd.legend(named), drawn] : [drawn];
};
vd.numbers.bars = (spec) => [
  { title: "name", about: "", kind: "text", values: spec.names }, { title: spec.axis, about: "", kind: "number", values: spec.values },
  ...(spec.spreads.length > 0 ? [{ title: "±", about: "", kind: "number", values: spec.spreads }] : []), { title: spec.kinds[0] || "first", about: "", kind: "flag", values: spec.first },
];

vd.shade = (spec) => {
  const [low, high] = spec.range;
  const share = (value) => Math.max(0, Math.min(1, (value - low) / (high - low || 1)));
  return spec.diverging ? (value) => d3.interpolatePuOr(1 - share(value)) : (value) => d3.interpolateBlues(0.02 + 0.93 * share(value));
};
vd.scale = (spec) => {
  const colour = vd.shade(spec);
  const canvas = vd.el("canvas", { width: "160", height: "1", "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  for (let at = 0; at < 160; at += 1) {
    pen.fillStyle = colour(spec.range[0] + ((spec.range[1] - spec.range[0]) * at) / 159);
    pen.fillRect(at, 0, 1, 1);
  }
  return vd.el("div", { class: "scale" }, vd.el("span", { text: vd.short(spec.range[0]) }), canvas, vd.el("span", { text: vd.short(spec.range[1]) }), vd.el("span", { text: spec.measure }));
};
vd.draw.heat = (spec, width) => {
  const most = width < 480 ? 10 : 22;
  const wide = spec.columns.length;
  const colour = vd.shade(spec);
  const cells = spec.values.map((value, at) => ({ row: Math.floor(at / wide), column: at % wide, value }));
  const left = (spec.row_axis ? 46 : 26) + 7.4 * Math.max(...spec.rows.map((name) => Math.min(most, name.length)));
  const steep = spec.columns.some((name) => name.length > 3) ;
  const below = steep ? 30 + 5.6 * Math.max(...spec.columns.map((name) => Math.min(most, name.length))) : 46;
  const title = (cell) => `${vd.clip(spec.rows[cell.row], 60)}\n${vd.clip(spec.columns[cell.column], 60)}\n${spec.measure}: ${vd.short(cell.value)}`;
  const inner = Math.min(width - left - 18, 44 * wide);
  const side = Math.max(14, Math.min(44, inner / wide));
  const marks = [Plot.cell(cells, { x: "column", y: "row", fill: (cell) => colour(cell.value), inset: 0.5 })];
  const dark = (value) => d3.lab(colour(value)).l < 60;
  if (side >= 34) marks.push(Plot.text(cells, { x: "column", y: "row", text: (cell) => (Number.isInteger(cell.value) ? String(cell.value) : cell.value.toFixed(2)).replace("-", "−"), fill: (cell) => (dark(cell.value) ? "#fff" : "#111"), fontSize: 11 }));
  marks.push(Plot.tip(cells, Plot.pointer({ x: "column", y: "row", title })));
  const drawn = Plot.plot({
    width: left + 18 + side * wide, height: 26 + below + Math.max(22, Math.min(side, 30)) * spec.rows.length, marginLeft: left, marginRight: 18, marginTop: 22, marginBottom: below, style: { fontSize: "12px", background: "transparent", color: "var(--ink)" },
    ariaLabel: spec.title, ariaDescription: spec.caption, color: { type: "identity" },
    x: { type: "band", domain: d3.range(wide), label: spec.column_axis || null, labelAnchor: "center", labelArrow: "none", labelOffset: below - 6, tickFormat: (at) => vd.clip(spec.columns[at], most), tickRotate: steep ? -40 : 0, tickSize: 0 },
    y: { type: "band", domain: d3.range(spec.rows.length), label: spec.row_axis || null, labelAnchor: "center", labelArrow: "none", labelOffset: left - 4, tickFormat: (at) => vd.clip(spec.rows[at], most), tickSize: 0 }, marks,
  });
  return [drawn, vd.scale(spec)];
};
vd.numbers.heat = (spec) => [
  { title: spec.row_axis || "row", about: "", kind: "text", values: spec.values.map((_, at) => spec.rows[Math.floor(at / spec.columns.length)]) },
  { title: spec.column_axis || "column", about: "", kind: "text", values: spec.values.map((_, at) => spec.columns[at % spec.columns.length]) },
  { title: spec.measure, about: "", kind: "number", values: spec.values },
];

vd.draw.pixels = (spec) => {
  const values = spec.images.flatMap((image) => image.values);
  const most = Math.max(1e-300, ...values.map(Math.abs));
  const diverging = values.some((value) => value < 0);
  const scale = { measure: spec.measure, diverging, range: [diverging ? -most : 0, most] };
  const colour = vd.shade(scale);
  const said = vd.el("output", { class: "note", text: "Point at a pixel to read its number." });
  const images = spec.images.map((image) => {
    const high = Math.ceil(image.values.length / spec.width);
    const canvas = vd.el("canvas", { width: String(spec.width), height: String(high), role: "img", "aria-label": `${image.title}: ${spec.caption}` });
    const pen = canvas.getContext("2d");
    image.values.forEach((value, at) => { pen.fillStyle = colour(value); pen.fillRect(at % spec.width, Math.floor(at / spec.width), 1, 1); });
    canvas.addEventListener("pointermove", (event) => {
      const box = canvas.getBoundingClientRect();
      const column = Math.min(spec.width - 1, Math.floor(((event.clientX - box.left) / box.width) * spec.width));
      const row = Math.min(high - 1, Math.floor(((event.clientY - box.top) / box.height) * high));
      const at = row * spec.width + column;
      if (at < 0 || at >= image.values.length) return;
      said.textContent = `${image.title}, row ${row + 1}, column ${column + 1}${spec.names[at] ? ` (${vd.clip(spec.names[at], 60)})` : ""}: ${vd.short(image.values[at])} ${spec.measure}`;
    });
    return vd.el("div", {}, vd.el("span", { text: vd.clip(image.title, 24) }), canvas);
  });
  return [vd.el("div", { class: "images" }, ...images), vd.scale(scale), said];
};
vd.numbers.pixels = (spec) => {
  const all = spec.images.flatMap((image) => image.values.map((value, at) => ({ image: image.title, at, value })));
  const number = (title, values) => ({ title, about: "", kind: "number", values });
  return [
    { title: "picture", about: "", kind: "text", values: all.map((p) => p.image) }, { title: "input", about: "", kind: "text", values: all.map((p) => spec.names[p.at] ?? "") },
    number("row", all.map((p) => Math.floor(p.at / spec.width) + 1)), number("column", all.map((p) => (p.at % spec.width) + 1)), number(spec.measure, all.map((p) => p.value)),
  ];
};
