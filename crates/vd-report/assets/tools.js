"use strict";
// Helpers of the page's scripts. Texts are only ever set as text, never as markup.
const vd = {};
vd.el = (tag, properties = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "text") node.textContent = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
};
// Four significant digits, as number.rs writes them.
vd.short = (value) => {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  let text;
  if (size < 1e6 && Number.isInteger(value)) text = String(value === 0 ? 0 : value);
  else if (size >= 1e-3 && size < 1e6) text = value.toFixed(Math.max(0, Math.min(6, 3 - Math.floor(Math.log10(size)))));
  else text = value.toExponential(2).replace("e+", "e");
  return text.replaceAll("-", "−");
};
// Three significant digits without zeros at the end, for sentences.
vd.brief = (value) => String(Number(value.toPrecision(3))).replaceAll("-", "−");
vd.clip = (text, most) => (text.length <= most ? text : text.slice(0, most - 1) + "…");
// A text that a spreadsheet would take for a formula is quoted by an apostrophe; numbers are written in full.
vd.cell = (value, quote) => {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  const safe = /^[\s]*[=+\-@]|^[\t\r]/.test(value) ? "'" + value : value;
  return quote && /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
vd.csv = (titles, rows) => [titles, ...rows].map((row) => row.map((value) => vd.cell(value, true)).join(",")).join("\r\n") + "\r\n";
vd.tabbed = (titles, rows) => [titles, ...rows].map((row) => row.map((value) => vd.cell(value, false).replace(/[\t\r\n]/g, " ")).join("\t")).join("\n");
vd.download = (name, text) => {
  const address = URL.createObjectURL(new Blob(["\ufeff" + text], { type: "text/csv;charset=utf-8" }));
  const file = name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").toLowerCase().slice(0, 60) || "table";
  const link = vd.el("a", { href: address, download: file + ".csv" });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
};
vd.copy = async (text, button) => {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = vd.el("textarea", { class: "hidden" });
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
  }
  const before = button.textContent;
  button.textContent = done ? "Copied" : "Not allowed";
  setTimeout(() => (button.textContent = before), 1500);
};
// The buttons that take numbers along; `rows` makes them when they are asked for.
vd.takers = (name, titles, rows) => [
  vd.el("button", { type: "button", class: "copy", text: "Copy", "aria-label": `Copy: ${name}`, onclick: (event) => vd.copy(vd.tabbed(titles(), rows()), event.currentTarget) }),
  vd.el("button", { type: "button", class: "csv", text: "CSV", "aria-label": `Download as CSV: ${name}`, onclick: () => vd.download(name, vd.csv(titles(), rows())) }),
];
