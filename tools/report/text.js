// The first part of the page's script: the data, elements, and numbers as text. Texts of the data go into the page as
// text only, never as HTML.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
// The time at which all plots are read (kimg, or null for the last), the index of the sheet that is shown, the plots.
const state = { cursor: null, sheet: 0, plots: [] };

// Elements.

const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  for (const child of children) element.append(child);
  return element;
}
const html = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
const show = (id) => { byId(id).hidden = false; };

// Numbers as text.

function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "\u2013";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) return value.toExponential(2).replace("e+", "e");
  return String(Number(value.toPrecision(4)));
}
function bytes(value) {
  if (!Number.isFinite(value)) return "\u2013";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (value >= 1024 && unit + 1 < units.length) { value /= 1024; unit += 1; }
  return Number(value.toPrecision(3)) + " " + units[unit];
}
function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  if (seconds < 90) return Math.round(seconds) + " s";
  if (minutes < 90) return minutes + " min";
  if (minutes < 48 * 60) return Math.floor(minutes / 60) + " h " + (minutes % 60) + " min";
  return Math.floor(minutes / 1440) + " d " + Math.round((minutes % 1440) / 60) + " h";
}
const date = (seconds) =>
  new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
