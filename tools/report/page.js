// The last part of the page's script: the data that run_report.cc puts into the page, and what is shown of them.

// A point of a curve is [kimg, mean] or [kimg, mean, least, greatest].

const scalars = new Map(data.scalars.map((scalar) => [scalar.name, scalar]));
// The distances to the training images come as metrics do, but have a plot with two curves.
const metrics = data.metrics.filter((metric) => !metric.name.startsWith("nearest_"));
for (const name of ["nearest_median", "nearest_least"]) {
  const found = data.metrics.find((metric) => metric.name === name);
  if (!found) continue;
  const points = found.points.map((p) => p.slice(0, 2));
  scalars.set(name, { name, last: points[points.length - 1][1], points });
}
const last = (name) => (scalars.has(name) ? scalars.get(name).last : null);
const toCurve = (points) => points.map(([x, y, low = y, high = y]) => ({ x, y, low, high }));

// Plots of these names come first, in this order; all other scalars follow.
function plotsOfScalars() {
  const target = data.options && data.options.aug === "ada" ? data.options.aug_target : null;
  const known = [
    { title: "Losses", note: "The two networks play against each other, so neither loss need go down.",
      lines: [["Loss/D/loss", "discriminator"], ["Loss/G/loss", "generator"]] },
    { title: "Scores", note: "The discriminator's mean output. The farther apart, the surer it is.",
      lines: [["Loss/scores/real", "real"], ["Loss/scores/fake", "generated"]] },
    { title: "Overfitting (r_t)",
      note: "The mean sign of the real images' scores. Near 1, the discriminator knows them by heart.",
      lines: [["Loss/signs/real", "r_t"]], target },
    { title: "Augmentation (p)", note: "The probability of each transform of the images that the discriminator sees.",
      lines: [["Progress/augment", "p"]], zero: true },
    { title: "Distance to training images",
      note: "Of the pictures, to the nearest training image. 1 is the distance between training images; copies are " +
        "near 0.",
      lines: [["nearest_median", "median"], ["nearest_least", "least"]], zero: true, target: 1 },
    { title: "Penalties", note: "What the regularizers hold down, before their weights.",
      lines: [["Loss/r1_penalty", "R1"], ["Loss/r2_penalty", "R2"], ["Loss/pl_penalty", "path length"]], log: true },
    { title: "Gradients",
      note: "The norm of each update's gradient: discriminator (D), generator (G), mapping network (M).",
      lines: [...scalars.keys()].filter((name) => name.startsWith("Gradient/"))
        .map((name) => [name, name.slice(9).replace("/norm", "").replace("/", " ").replace("_norm", "")]), log: true },
    { title: "Speed", note: "Images per second of the steps alone, without pictures and checkpoints.",
      lines: [["Timing/img_per_sec", "images/s"]], zero: true },
    { title: "Memory", note: "Of the tensors, at the end of each tick and at its highest.",
      lines: [["Resources/peak_bytes", "peak"], ["Resources/live_bytes", "in use"]],
      zero: true, format: bytes, binary: true },
  ];
  const used = new Set(known.flatMap((plot) => plot.lines.map((line) => line[0])));
  const others = [...scalars.keys()].filter((name) => !used.has(name))
    .map((name) => ({ title: name, note: "", lines: [[name, "value"]] }));
  return [...known, ...others].map((plot) => ({
    ...plot,
    curves: plot.lines.filter(([name]) => scalars.has(name))
      .map(([name, label]) => ({ label, points: toCurve(scalars.get(name).points) })),
  })).filter((plot) => plot.curves.length > 0);
}

function plotsOfMetrics() {
  return metrics.map((metric) => ({
    title: metric.name, note: metricNote(metric.name), protocol: metric.protocol, whiskers: true,
    curves: [{ label: "value", points: metric.points.map((p) => ({ x: p[0], y: p[1], low: p[2], high: p[3] })) }],
  }));
}
function metricNote(name) {
  const notes = [
    ["kid", "Kernel distance of generated and real images; lower is better."],
    ["fd", "Frechet distance of generated and real images; lower is better."],
    ["fid", "Frechet distance of generated and real images; lower is better."],
    ["pr_efflite0_precision", "The part of the pictures that look like real ones: quality."],
    ["pr_efflite0_recall", "The part of the real images that the generator covers: variety."],
    ["ppl", "How abruptly pictures change along paths in w; lower is smoother."],
    ["swd", "Distance of patches, without a network; lower is better."],
    ["ms_ssim", "How much the pictures resemble each other; lower is more varied."],
  ];
  const found = notes.find(([prefix]) => name.startsWith(prefix));
  return found ? found[1] : "";
}

// The parts of the page.

function drawHeader() {
  document.title = data.name;
  byId("name").textContent = data.name;
  if (data.state) {
    const pill = byId("state");
    pill.textContent = data.state;
    pill.classList.add(data.state);
    pill.hidden = false;
  }
  const parts = [];
  if (data.ticks > 0) {
    const total = data.total_kimg ? " of " + number(data.total_kimg) : "";
    const steps = data.step.toLocaleString("en-US");
    parts.push("learned from " + number(data.kimg) + total + " thousand images in " + steps + " steps");
    if (data.last_time > data.first_time) parts.push(date(data.first_time) + " \u2013 " + date(data.last_time));
    const rate = last("Timing/img_per_sec");
    if (data.state === "training" && rate > 0 && data.total_kimg > data.kimg) {
      parts.push("about " + duration((data.total_kimg - data.kimg) * 1000 / rate) + " left");
    }
  } else {
    parts.push("There are no statistics yet: they come with the first tick.");
  }
  byId("summary").textContent = parts.join(" \u00b7 ");
  if (data.total_kimg > 0) {
    byId("progress").value = Math.min(1, data.kimg / data.total_kimg);
    show("progress");
  }
  byId("footer").textContent = "Written " + date(data.written) + " by stylegan2.cpp" +
    (data.state === "training" ? ", and again at the next snapshot; reload to see it." : ".");
}

function drawTiles() {
  const tiles = [];
  for (const metric of metrics.slice(0, 3)) {
    const [, value, low, high] = metric.points[metric.points.length - 1];
    tiles.push([metric.name + (low !== null ? " (" + number(low) + " to " + number(high) + ")" : ""), number(value)]);
  }
  const add = (label, value, format) => {
    if (value !== null && value !== undefined) tiles.push([label, (format || number)(value)]);
  };
  add("loss of the discriminator", last("Loss/D/loss"));
  add("loss of the generator", last("Loss/G/loss"));
  add("r_t", last("Loss/signs/real"));
  add("augmentation p", scalars.has("Loss/signs/real") ? last("Progress/augment") : null);
  add("distance to training images", last("nearest_median"));
  add("images per second", last("Timing/img_per_sec"));
  add("peak memory", last("Resources/peak_bytes"), bytes);
  byId("tiles").replaceChildren(...tiles.map(([label, value]) =>
    html("div", { class: "tile" }, html("b", {}, value), html("span", {}, label))));
}

function setSheet(index) {
  const sheet = data.sheets[index];
  state.sheet = index;
  const image = byId("sheet");
  image.src = sheet.uri;
  image.alt = "Generated pictures after " + number(sheet.kimg) + " thousand images";
  image.classList.toggle("small", sheet.width <= 512);
  const text = "kimg " + number(sheet.kimg) + " (" + (index + 1) + " of " + data.sheets.length + ")";
  byId("snapshot").value = String(index);
  byId("snapshot").setAttribute("aria-valuetext", text);
  byId("snapshot_text").textContent = text;
  const when = sheet.kimg === 0 ? "before training" : "after " + number(sheet.kimg) + " thousand images";
  byId("sheet_caption").textContent = sheet.name + ": " + when;
  for (const plot of state.plots) plot.mark();
}

function goToTime(time) {
  if (data.sheets.length > 0) setSheet(nearestIndex(data.sheets.map((sheet) => ({ x: sheet.kimg })), time));
}

function drawPictures() {
  if (data.sheets.length === 0) return;
  show("pictures");
  const slider = byId("snapshot"), play = byId("play");
  slider.max = String(data.sheets.length - 1);
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "\u25b6";
    play.setAttribute("aria-label", "Play the snapshots");
  };
  slider.addEventListener("input", () => {
    stop();
    setSheet(Number(slider.value));
  });
  play.disabled = data.sheets.length < 2;
  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    if (state.sheet + 1 === data.sheets.length) setSheet(0);
    play.textContent = "\u275a\u275a";
    play.setAttribute("aria-label", "Stop");
    timer = setInterval(() => {
      setSheet(state.sheet + 1);
      if (state.sheet + 1 === data.sheets.length) stop();
    }, 400);
  });
  if (data.reals) {
    byId("reals").src = data.reals.uri;
    byId("reals").classList.toggle("small", data.reals.width <= 512);
    show("reals_figure");
  }
  setSheet(data.sheets.length - 1);
}

function drawNearest() {
  const nearest = data.nearest;
  if (!nearest) return;
  show("nearest");
  const compared = nearest.images < nearest.of ? nearest.images + " of the " + nearest.of : "the " + nearest.of;
  byId("nearest_about").textContent =
    `The ${nearest.pairs.length} of ${nearest.pictures} pictures at kimg ${number(nearest.kimg)} that are nearest to ` +
    `one of ${compared} training images, each with that image on its right. The numbers are distances ` +
    `(${nearest.protocol}): 1 is the median distance of a training image to the nearest other one, and a copy is ` +
    `near 0. The median of all ${nearest.pictures} pictures is ${number(nearest.median)}. ${nearest.suspicious} of ` +
    `them are below ${number(nearest.close)}, as are 5 % of the training images.`;
  const image = new Image();
  image.addEventListener("load", () => {
    const [tileWidth, tileHeight] = nearest.tile;
    const columns = Math.min(nearest.columns, nearest.pairs.length);
    const shrunk = nearest.width / (columns * 2 * tileWidth + (columns - 1) * nearest.gap);
    byId("pairs").replaceChildren(...nearest.pairs.map((pair, i) => {
      const zoom = Math.max(1, Math.ceil(128 / tileWidth)), width = 2 * tileWidth * zoom, height = tileHeight * zoom;
      const label = "Picture of seed " + pair.seed + ", and " + pair.name;
      const canvas = html("canvas", { width, height, role: "img", "aria-label": label });
      const context = canvas.getContext("2d");
      const left = (i % columns) * (2 * tileWidth + nearest.gap);
      const top = Math.floor(i / columns) * (tileHeight + nearest.gap);
      context.imageSmoothingEnabled = tileWidth > 64;
      context.drawImage(image, left * shrunk, top * shrunk, 2 * tileWidth * shrunk, tileHeight * shrunk,
        0, 0, width, height);
      return html("figure", { class: pair.ratio < nearest.close ? "close" : "" }, canvas,
        html("figcaption", {}, html("b", {}, pair.ratio.toFixed(2)), html("span", {}, "seed " + pair.seed)),
        html("span", { class: "name", title: pair.name }, pair.name));
    }));
  });
  image.src = nearest.uri;
}

function drawPlots() {
  const specs = [...plotsOfMetrics(), ...plotsOfScalars()];
  if (specs.length === 0) return;
  show("curves");
  for (const spec of specs) {
    const plot = new Plot(spec);
    byId("plots").append(plot.element);
    state.plots.push(plot);
  }
  const drawAll = () => state.plots.forEach((plot) => plot.draw());
  drawAll();
  let width = document.body.clientWidth;
  window.addEventListener("resize", () => {
    if (document.body.clientWidth === width) return;
    width = document.body.clientWidth;
    drawAll();
  });
}

function flatten(value, name, rows) {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    for (const [key, member] of Object.entries(value)) flatten(member, name ? name + "." + key : key, rows);
  } else {
    rows.set(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  return rows;
}

function drawOptions() {
  if (!data.options) return;
  show("configuration");
  const options = flatten(data.options, "", new Map());
  const preset = data.preset ? flatten(data.preset, "", new Map()) : null;
  options.delete("version");
  const rows = [...options].map(([name, value]) => {
    const usual = preset ? preset.get(name) : undefined;
    const differs = preset !== null && usual !== value;
    const head = html("th", { scope: "row" }, name);
    const row = html("tr", { class: differs ? "differs" : "" }, head, html("td", {}, value));
    if (preset) row.append(html("td", { class: "preset" }, usual === undefined ? "" : usual));
    byId("options").append(row);
    return { row, differs, text: (name + " " + value).toLowerCase() };
  });
  byId("preset_head").hidden = !preset;
  byId("differing_label").hidden = !preset;
  if (preset) byId("preset_head").textContent = "preset \u201c" + data.options.preset + "\u201d";
  const filter = () => {
    const wanted = byId("filter").value.trim().toLowerCase();
    let shown = 0;
    for (const { row, differs, text } of rows) {
      row.hidden = !text.includes(wanted) || (byId("differing").checked && !differs);
      if (!row.hidden) shown += 1;
    }
    byId("no_options").hidden = shown > 0;
  };
  byId("filter").addEventListener("input", filter);
  byId("differing").addEventListener("change", filter);
  filter();
}

function drawMessages() {
  const lines = [...data.warnings.map((text) => "Warning: " + text), ...data.notes];
  if (lines.length === 0) return;
  show("messages");
  byId("message_list").replaceChildren(...lines.map((line) => html("li", {}, line)));
}

drawHeader();
drawTiles();
drawPictures();
drawNearest();
drawPlots();
drawOptions();
drawMessages();
