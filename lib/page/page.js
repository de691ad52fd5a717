// Draws the charts of a report's page with Chart.js. The data are those of page/charts.cpp; all
// texts go to a canvas or a title, never into HTML.
"use strict";

(() => {
  const began = performance.now();
  const colours = { kept: "#2f6db5", dropped: "#e08a3c", cut: "#111827", marked: "#1d2430", text: "#1d2430", quiet: "#9aa4b2" };
  const drawings = JSON.parse(document.getElementById("page-data").textContent);
  const mostNamed = 12; // curves with a colour and a name of their own

  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.color = colours.text;
  Chart.defaults.font.family = getComputedStyle(document.documentElement).fontFamily;

  const percent = (value) => `${+(100 * value).toPrecision(3)} %`;
  const plain = (value) => `${+Number(value).toPrecision(3)}`;

  // Along the golden angle: neighbours differ however many there are.
  const colourOf = (i) => `hsl(${Math.round((210 + i * 137.508) % 360)},65%,42%)`;

  // Those that go furthest are told apart; of many more, the others are grey.
  function namedSeries(all) {
    const height = (series) => Math.max(...series.points.map((point) => point[1]));
    const byHeight = [...all.keys()].sort((a, b) => height(all[b]) - height(all[a]));
    return new Set(byHeight.slice(0, mostNamed));
  }

  function datasetOf(series, i, isNamed) {
    const colour = series.marked ? colours.marked : isNamed ? colourOf(i) : colours.quiet;
    return {
      label: series.name,
      data: series.points.map(([x, y]) => ({ x, y })),
      showLine: series.line,
      borderColor: colour,
      backgroundColor: colour,
      borderWidth: isNamed ? 2 : 1,
      pointRadius: series.marked ? 7 : series.line ? (isNamed ? 2 : 0) : 5,
      pointStyle: series.marked ? "rectRot" : "circle",
      order: isNamed ? 0 : 1,
    };
  }

  // Of a logarithmic axis 1 and 3 of each decade are written; all would overlap.
  const isWritten = (value) => /^[13]e/.test(value.toExponential());

  function axis(title, isPercent, isLog) {
    const show = isPercent ? percent : plain;
    return {
      type: isLog ? "logarithmic" : "linear",
      title: { display: true, text: title },
      ticks: {
        callback: (value) => (isLog && !isWritten(value) ? null : show(value)),
        maxRotation: 0,
        autoSkipPadding: 12,
      },
    };
  }

  function drawCurves(canvas, drawing) {
    const named = namedSeries(drawing.series);
    const yShow = drawing.yPercent ? percent : plain;
    const xShow = drawing.xPercent ? percent : plain;
    return new Chart(canvas, {
      type: "scatter",
      data: { datasets: drawing.series.map((series, i) => datasetOf(series, i, named.has(i))) },
      options: {
        scales: { x: { ...axis(drawing.x, drawing.xPercent, false), min: drawing.xPercent ? 0 : undefined }, y: axis(drawing.y, drawing.yPercent, drawing.log) },
        plugins: {
          legend: {
            position: "bottom",
            labels: { boxWidth: 12, usePointStyle: true, filter: (item) => named.has(item.datasetIndex) },
          },
          tooltip: {
            callbacks: {
              label: (item) => `${item.dataset.label}: ${yShow(item.parsed.y)} at ${xShow(item.parsed.x)}`,
            },
          },
        },
      },
    });
  }

  // A line through the bars, which Chart.js has no type for.
  const cutLine = {
    id: "cutLine",
    afterDatasetsDraw(chart, _, options) {
      if (options.at === null || options.at === undefined) return;
      const { ctx, chartArea: area, scales } = chart;
      const x = area.left + (area.right - area.left) * Math.min(1, options.at / scales.x.options.end);
      ctx.save();
      ctx.strokeStyle = colours.cut;
      ctx.lineWidth = 2;
      ctx.setLineDash([5, 3]);
      ctx.beginPath();
      ctx.moveTo(x, area.top);
      ctx.lineTo(x, area.bottom);
      ctx.stroke();
      ctx.restore();
    },
  };

  // Zeros are many after a ReLU: the first bar does not flatten the others.
  function heightOf(drawing) {
    const bars = drawing.kept.map((share, i) => share + drawing.dropped[i]);
    const others = Math.max(...bars.slice(1), 0);
    return bars[0] > 3 * others && others > 0 ? 1.2 * others : undefined;
  }

  function drawHistogram(canvas, drawing) {
    const bins = drawing.kept.length;
    const width = drawing.end / bins;
    const height = heightOf(drawing);
    const first = drawing.kept[0] + drawing.dropped[0];
    const bar = (name, data) => ({ label: name, data, backgroundColor: colours[name], barPercentage: 1, categoryPercentage: 1 });
    return new Chart(canvas, {
      type: "bar",
      data: {
        labels: drawing.kept.map((_, i) => plain(i * width)),
        datasets: [bar("dropped", drawing.dropped), bar("kept", drawing.kept)],
      },
      options: {
        scales: {
          x: {
            stacked: true,
            end: drawing.end,
            grid: { display: false },
            title: { display: true, text: height ? `${drawing.x} (the first bar is cut off: ${percent(first)})` : drawing.x },
            ticks: { maxRotation: 0, autoSkipPadding: 16 },
          },
          y: { stacked: true, max: height, ticks: { callback: (value) => percent(value), maxTicksLimit: 5, includeBounds: false } },
        },
        plugins: {
          legend: { display: false },
          cutLine: { at: drawing.cut },
          tooltip: {
            callbacks: {
              title: ([item]) => `${plain(item.dataIndex * width)} to ${plain((item.dataIndex + 1) * width)}`,
              label: (item) => `${item.dataset.label}: ${percent(item.parsed.y)}`,
            },
          },
        },
      },
      plugins: [cutLine],
    });
  }

  // Cells of one pixel, which the browser makes as wide as there is room.
  function drawMap(canvas, drawing) {
    const shares = [...drawing.cells].map((digit) => parseInt(digit, 16) / 10);
    const { channels } = drawing;
    const firstOf = (cell) => Math.floor((cell * channels) / shares.length);
    const gap = shares.length > 64 ? 0 : 1;
    canvas.width = 8 * shares.length;
    canvas.height = 8;
    const context = canvas.getContext("2d");
    shares.forEach((share, cell) => {
      context.fillStyle = `hsl(211,${Math.round(30 + 29 * share)}%,${Math.round(92 - 47 * share)}%)`;
      context.fillRect(8 * cell, 0, 8 - gap, 8);
    });
    canvas.addEventListener("mousemove", (event) => {
      const cell = Math.min(shares.length - 1, Math.floor((event.offsetX / canvas.clientWidth) * shares.length));
      const last = firstOf(cell + 1) - 1;
      const which = last > firstOf(cell) ? `${firstOf(cell)} to ${last}` : `${firstOf(cell)}`;
      canvas.title = `${which}: ${percent(shares[cell])} kept`;
    });
  }

  const draw = { curves: drawCurves, histogram: drawHistogram, map: drawMap };
  const waiting = new Map(); // canvas -> what is drawn there
  drawings.forEach((drawing, i) => waiting.set(document.getElementById(`chart-${i}`), drawing));

  function drawNow(canvas) {
    const drawing = waiting.get(canvas);
    if (drawing === undefined) return;
    waiting.delete(canvas);
    draw[drawing.kind](canvas, drawing);
  }

  // Only what is seen is drawn at once; paper shows all.
  const observer = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
      observer.unobserve(entry.target);
      drawNow(entry.target);
    }),
    { rootMargin: "400px" },
  );
  for (const [canvas, drawing] of waiting) {
    if (drawing.kind === "histogram") observer.observe(canvas);
    else drawNow(canvas);
  }
  addEventListener("beforeprint", () => [...waiting.keys()].forEach(drawNow));

  document.documentElement.dataset.drawnInMs = (performance.now() - began).toFixed(1);
})();
