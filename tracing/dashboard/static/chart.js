/* Draws each table of class "chart" above itself, and folds the table away: the picture shows, the table tells.

   <table class="chart" id="activity" data-kind="bars" data-unit="ms">   kinds: bars, stacked, line
     <caption>…</caption>                                                units: ms, $, %, tokens, or none: a count
     <thead> <th scope="col">Day <th scope="col" data-colour="bad">Failed …
     <tbody> <th scope="row"><a href="…">Mon</a> <td data-value="12.5">12.5 s …

   The first column is the x axis, in the words of the table.  A cell without data-value is a gap.  Colours are
   names of colours.css.  A click goes where the row's link does. */
(() => {
  "use strict";

  const HEIGHT = 180, STEPS = [1, 2, 3, 6, 7, 12, 14, 24, 28, 30, 60, 90, 180, 365];
  const COLOURS = ["tool", "agent", "model", "wait"];
  const drawn = new Set(), seen = new WeakSet(), opened = new Set();

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const words = (cell) => cell.textContent.trim().replace(/\s+/g, " ");

  const UNITS = {
    ms: (value) => value >= 3600000 ? value / 3600000 + " h" : value >= 60000 ? value / 60000 + " min"
      : value >= 1000 ? value / 1000 + " s" : value + " ms",
    $: (value) => "$" + value,
    "%": (value) => value + " %",
    tokens: (value) => value >= 1e6 ? value / 1e6 + " M" : value >= 1e3 ? value / 1e3 + " k" : String(value),
  };

  function read(table) {
    const rows = [...table.tBodies[0].rows];
    const heads = [...table.tHead.rows[0].cells].slice(1);
    const number = (row, column) => {
      const value = row.cells[column + 1].dataset.value;
      return value === undefined || value === "" ? null : Number(value);
    };
    return { rows, heads, columns: heads.map((_, column) => rows.map((row) => number(row, column))) };
  }

  function stacked(columns) {
    const below = columns.map(() => []);
    columns[0].forEach((_, row) => columns.reduce((sum, column, at) => (below[at][row] = sum + (column[row] || 0)), 0));
    return below;
  }

  function options(table, data, width) {
    const kind = table.dataset.kind, unit = UNITS[table.dataset.unit] || String;
    const { rows, heads } = data, last = rows.length - 1;
    const axis = { stroke: colour("dim"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const series = heads.map((head, at) => {
      const ink = colour(head.dataset.colour || COLOURS[at % COLOURS.length]);
      return {
        label: words(head), stroke: ink, width: kind === "line" ? 2 : 0, points: { show: kind === "line" && last < 40 },
        fill: kind === "line" ? undefined : ink,
        paths: kind === "line" ? undefined : uPlot.paths.bars({ size: [0.7, 40] }),
        value: (_, __, ___, row) => row === null ? "" : words(rows[row].cells[at + 1]),
      };
    });
    if (kind !== "line") series.reverse(); // the tallest first: what stands below is drawn over it
    return {
      width, height: HEIGHT, series: [{ label: words(table.tHead.rows[0].cells[0]), value: (_, row) => row === null ? "" : words(rows[row].cells[0]) }, ...series],
      scales: { x: { time: false, range: [-0.6, last + 0.6] }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] } },
      axes: [
        { ...axis, grid: { show: false }, incrs: STEPS, space: 9 * Math.max(...rows.map((row) => words(row.cells[0]).length), 4),
          values: (_, at) => at.map((row) => rows[row] ? words(rows[row].cells[0]) : "") },
        { ...axis, size: 64, incrs: table.dataset.unit ? undefined : [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6],
          values: (_, at) => at.map(unit) },
      ],
      cursor: { drag: { x: false, y: false }, points: { show: kind === "line" } },
    };
  }

  function draw(table) {
    seen.add(table);
    const data = read(table);
    const picture = document.createElement("div"), fold = document.createElement("details"), title = document.createElement("summary");
    picture.className = "picture";
    picture.setAttribute("aria-hidden", "true"); // the table is for whoever cannot see it
    title.textContent = "Figures";
    table.before(picture, fold);
    fold.append(title, table);
    fold.open = opened.has(table.id);
    fold.addEventListener("toggle", () => fold.open ? opened.add(table.id) : opened.delete(table.id));
    if (!data.rows.length || !data.heads.length) return picture.remove();

    const shown = { table, data, picture, plot: null };
    drawn.add(shown);
    plot(shown);
    new ResizeObserver(() => shown.plot.width === picture.clientWidth || plot(shown)).observe(picture);
  }

  function plot(shown) {
    const { table, data, picture } = shown;
    if (shown.plot) shown.plot.destroy();
    const columns = table.dataset.kind === "stacked" ? stacked(data.columns) : data.columns;
    const order = table.dataset.kind === "line" ? columns : [...columns].reverse();
    shown.plot = new uPlot(options(table, data, picture.clientWidth || 320), [data.rows.map((_, row) => row), ...order], picture);
    const linked = (row) => row !== null && row !== undefined && data.rows[row].querySelector("a[href]");
    picture.classList.toggle("linked", Boolean(linked(0)));
    shown.plot.over.addEventListener("click", () => {
      const link = linked(shown.plot.cursor.idx);
      if (link) link.click();
    });
  }

  function drawAll(within) {
    drawn.forEach((shown) => shown.picture.isConnected || drawn.delete(shown));
    within.querySelectorAll("table.chart").forEach((table) => seen.has(table) || draw(table));
  }

  document.addEventListener("DOMContentLoaded", () => drawAll(document));
  document.addEventListener("htmx:load", (event) => drawAll(event.detail.elt.parentElement || document));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach(plot));
})();
