// The second part of the page's script: plots of curves over thousands of images. A curve has points {x, y, low, high};
// a y of null is a gap.

function niceStep(span, count, binary) {
  const base = binary ? 2 : 10;
  const power = Math.pow(base, Math.floor(Math.log(span / count) / Math.log(base)));
  for (const factor of binary ? [1, 2] : [1, 2, 2.5, 5, 10]) if (power * factor * count >= span) return power * factor;
  return power * base;
}
function ticksOf(low, high, log, count, binary) {
  const ticks = [];
  if (log) {
    const first = Math.ceil(Math.log10(low) - 1e-9), end = Math.floor(Math.log10(high) + 1e-9);
    const every = Math.max(1, Math.ceil((end - first + 1) / count));
    for (let power = first; power <= end; power += every) ticks.push(Math.pow(10, power));
    if (ticks.length >= 2) return ticks;
    return [low, Math.sqrt(low * high), high].map((v) => Number(v.toPrecision(2)));
  }
  const step = niceStep(high - low, count, binary);
  const first = Math.ceil(low / step - 1e-9), end = Math.floor(high / step + 1e-9);
  for (let i = first; i <= end && ticks.length < 50; i += 1) ticks.push(i * step);
  return ticks;
}

function rangeOf(plot, log) {
  let low = Infinity, high = -Infinity;
  const take = (value) => {
    if (!Number.isFinite(value) || value === null || (log && value <= 0)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const curve of plot.curves) for (const p of curve.points) [p.y, p.low, p.high].forEach(take);
  if (plot.target !== null && plot.target !== undefined) take(plot.target);
  if (plot.zero && !log) take(0);
  if (low > high) return null;
  if (log) return low === high ? [low / 2, high * 2] : [low / 1.15, high * 1.15];
  const margin = low === high ? Math.abs(low) * 0.1 || 1 : (high - low) * 0.06;
  return [plot.zero && low === 0 ? 0 : low - margin, high + margin];
}

const COLORS = 6, DASHES = 3;
const strokeOf = (i) => "color" + (i % COLORS) + " dash" + (i % DASHES);
const kimgEnd = Math.max(data.total_kimg || 0, data.kimg || 0) || 1;
const isSolid = (p) => p.y !== null && Number.isFinite(p.y);

// The end of the time that the plots show: of the whole run once it is half done, and before that of what there is.
function timeEnd() {
  if (!data.kimg) return kimgEnd;
  return data.kimg * 2 < kimgEnd ? data.kimg * 1.05 : kimgEnd;
}

class Plot {
  constructor(spec) {
    this.spec = spec;
    const values = spec.curves.flatMap((curve) => curve.points.filter(isSolid).map((p) => p.y));
    this.log = Boolean(spec.log) && values.every((value) => value > 0);
    this.canLog = values.some((value) => value > 0) && values.every((value) => value >= 0);
    this.format = spec.format || number;
    this.picture = svg("svg", { role: "img", tabindex: "0", "aria-label": spec.title + " over thousands of images" });
    this.legend = html("div", { class: "legend" });
    const head = html("div", { class: "head" }, html("h3", {}, spec.title));
    if (this.canLog) {
      const name = "Logarithmic scale: " + spec.title;
      this.button = html("button", { type: "button", "aria-pressed": String(this.log), "aria-label": name }, "log");
      this.button.addEventListener("click", () => {
        this.log = !this.log;
        this.button.setAttribute("aria-pressed", String(this.log));
        this.draw();
      });
      head.append(this.button);
    }
    const note = html("p", { class: "note" }, spec.note);
    this.element = html("article", { class: "plot" }, head, note, this.legend, this.picture);
    if (spec.protocol) {
      const summary = html("summary", {}, "How it is measured");
      this.element.append(html("details", { class: "protocol" }, summary, spec.protocol));
    }
    this.values = spec.curves.map((curve, i) => {
      const value = html("b", {}, "");
      const label = spec.lines && spec.lines.length > 1 ? [curve.label + " "] : [];
      this.legend.append(html("span", {}, html("i", { class: strokeOf(i) }), ...label, value));
      return value;
    });
    this.where = html("span", { class: "where" }, "");
    this.legend.append(this.where);
    const at = (event) => {
      const box = this.picture.getBoundingClientRect();
      return this.toTime(event.clientX - box.left);
    };
    this.picture.addEventListener("pointermove", (event) => setCursor(at(event)));
    this.picture.addEventListener("pointerleave", () => setCursor(null));
    this.picture.addEventListener("click", (event) => goToTime(at(event)));
    this.picture.addEventListener("blur", () => setCursor(null));
    this.picture.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const times = this.spec.curves[0].points.map((p) => p.x);
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
    if (event.key === "Escape") return setCursor(null);
    if (event.key === "Enter" && state.cursor !== null) return goToTime(state.cursor);
    if (!(event.key in moves) || times.length === 0) return;
    event.preventDefault();
    const now = state.cursor === null ? times.length - 1 : nearestIndex(this.spec.curves[0].points, state.cursor);
    setCursor(times[Math.max(0, Math.min(times.length - 1, now + moves[event.key]))]);
  }

  toTime(pixels) {
    const time = (pixels - this.left) / (this.right - this.left) * timeEnd();
    return Math.max(0, Math.min(timeEnd(), time));
  }

  draw() {
    const width = this.picture.clientWidth || 400, height = this.picture.clientHeight || 210;
    const range = rangeOf(this.spec, this.log);
    this.picture.setAttribute("viewBox", "0 0 " + width + " " + height);
    this.picture.replaceChildren();
    this.top = 8;
    this.bottom = height - 20;
    this.right = width - 10;
    const ticks = range ? ticksOf(range[0], range[1], this.log, 5, this.spec.binary) : [];
    this.left = 12 + 6.6 * Math.max(2, ...ticks.map((t) => this.format(t).length));
    const x = (kimg) => this.left + (this.right - this.left) * kimg / timeEnd();
    const scale = this.log ? Math.log : (v) => v;
    const part = (value) => (scale(value) - scale(range[0])) / (scale(range[1]) - scale(range[0]));
    const y = (value) => this.bottom - (this.bottom - this.top) * part(value);
    this.x = x;
    const line = (name, x1, y1, x2, y2) => this.picture.append(svg("line", { class: name, x1, y1, x2, y2 }));
    const text = (x, y, anchor, words) => this.picture.append(svg("text", { x, y, "text-anchor": anchor }, words));
    for (const tick of ticks) {
      line("grid", this.left, y(tick), this.right, y(tick));
      text(this.left - 6, y(tick) + 4, "end", this.format(tick));
    }
    for (const tick of ticksOf(0, timeEnd(), false, Math.max(2, Math.floor(width / 80)), false)) {
      line("axis", x(tick), this.bottom, x(tick), this.bottom + 4);
      const anchor = tick === 0 ? "start" : x(tick) > this.right - 12 ? "end" : "middle";
      text(x(tick), height - 4, anchor, number(tick) + (tick === 0 ? " kimg" : ""));
    }
    line("axis", this.left, this.bottom, this.right, this.bottom);
    const target = this.spec.target;
    if (!range) text((this.left + this.right) / 2, height / 2, "middle", "no finite value");
    if (range && Number.isFinite(target) && (!this.log || target > 0)) {
      line("target", this.left, y(target), this.right, y(target));
    }
    this.spec.curves.forEach((curve, i) => this.drawCurve(curve, i, x, y, range));
    this.marker = svg("line", { class: "marker", y1: this.top, y2: this.bottom });
    this.cursor = svg("line", { class: "cursor", y1: this.top, y2: this.bottom });
    this.picture.append(this.marker, this.cursor);
    this.mark();
    this.read();
  }

  drawCurve(curve, i, x, y, range) {
    const drawable = (p) => isSolid(p) && range !== null && (!this.log || p.y > 0);
    let run = [];  // of points without a gap
    const finish = () => {
      if (run.length > 0) this.drawRun(run, i, x, y, range);
      run = [];
    };
    for (const p of curve.points) {
      if (drawable(p)) {
        run.push(p);
        continue;
      }
      finish();
      if (!isSolid(p)) this.drawGap(p, x(p.x), this.bottom - 5);
    }
    finish();
  }

  drawRun(run, i, x, y, range) {
    const fill = "fill" + (i % COLORS);
    const lowest = (p) => (this.log && p.low <= 0 ? range[0] : p.low);
    const at = (p, value) => x(p.x).toFixed(1) + "," + y(value).toFixed(1);
    if (!this.spec.whiskers && run.some((p) => p.low !== p.high)) {
      const edge = [...run.map((p) => at(p, p.high)), ...[...run].reverse().map((p) => at(p, lowest(p)))];
      this.picture.append(svg("polygon", { class: "band " + fill, points: edge.join(" ") }));
    }
    const points = run.map((p) => at(p, p.y)).join(" ");
    this.picture.append(svg("polyline", { class: "line " + strokeOf(i), points }));
    if (!this.spec.whiskers && run.length > 1) return;
    for (const p of run) {
      if (this.spec.whiskers && Number.isFinite(p.low) && Number.isFinite(p.high)) {
        const ends = { x1: x(p.x), x2: x(p.x), y1: y(lowest(p)), y2: y(p.high) };
        this.picture.append(svg("line", { class: "whisker " + strokeOf(i), ...ends }));
      }
      this.picture.append(svg("circle", { class: fill, cx: x(p.x), cy: y(p.y), r: 3 }));
    }
  }

  drawGap(p, x, y) {
    const cross = `M${x - 3},${y - 3}L${x + 3},${y + 3}M${x - 3},${y + 3}L${x + 3},${y - 3}`;
    const title = svg("title", {}, "no finite value at kimg " + number(p.x));
    this.picture.append(svg("path", { class: "gap", d: cross }, title));
  }

  // The time of the snapshot that is shown.
  mark() {
    const sheet = data.sheets[state.sheet];
    this.marker.setAttribute("visibility", sheet && sheet.kimg <= timeEnd() ? "visible" : "hidden");
    if (!sheet) return;
    this.marker.setAttribute("x1", this.x(sheet.kimg));
    this.marker.setAttribute("x2", this.x(sheet.kimg));
  }

  read() {
    const time = state.cursor;
    this.cursor.setAttribute("visibility", time === null ? "hidden" : "visible");
    let where = null;
    this.spec.curves.forEach((curve, i) => {
      const p = time === null ? [...curve.points].reverse().find(isSolid) || curve.points[curve.points.length - 1]
        : curve.points[nearestIndex(curve.points, time)];
      let text = p ? this.format(p.y) : "\u2013";
      if (p && isSolid(p) && p.low !== null && p.low !== p.high) {
        text += " (" + this.format(p.low) + " to " + this.format(p.high) + ")";
      }
      this.values[i].textContent = text;
      if (p && where === null) where = p.x;
    });
    this.where.textContent = time === null || where === null ? "" : "at kimg " + number(where);
    if (time === null) return;
    this.cursor.setAttribute("x1", this.x(where === null ? time : where));
    this.cursor.setAttribute("x2", this.x(where === null ? time : where));
  }
}

// Of points in the order of their times.
function nearestIndex(points, time) {
  let low = 0, high = points.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].x < time) low = middle + 1; else high = middle;
  }
  return low > 0 && time - points[low - 1].x < points[low].x - time ? low - 1 : low;
}

function setCursor(time) {
  if (time === state.cursor) return;
  state.cursor = time;
  for (const plot of state.plots) plot.read();
}
