// Curves of the difference from the baseline, in people.
const stepOf = (span) => {
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((m) => m * power).find((step) => step >= rough);
};
const drawChart = (box, dates, series, at) => {
  // series: [{ i, letter, mean, half, futures }], at: number of the date shown
  const width = Math.max(280, box.clientWidth);
  const height = Math.round(Math.min(340, Math.max(220, width * 0.42)));
  const left = 58, right = 40, top = 10, bottom = 26;
  const days = dates.map((date) => Date.parse(date));
  const ends = series.flatMap(({ mean, half, futures }) => [
    ...mean.map((m, k) => m - (half ? half[k] : 0)), ...mean.map((m, k) => m + (half ? half[k] : 0)), ...futures]);
  const step = Math.max(1, stepOf(Math.max(4, Math.max(0, ...ends) - Math.min(0, ...ends))));
  const low = Math.floor(Math.min(0, ...ends) / step) * step;
  const high = Math.max(low + step, Math.ceil(Math.max(0, ...ends) / step) * step);
  const x = (k) => left + ((days[k] - days[0]) / (days.at(-1) - days[0] || 1)) * (width - left - right);
  const y = (value) => top + ((high - value) / (high - low)) * (height - top - bottom);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": say("chart_label") });
  for (let value = low; value <= high + step / 2; value += step) {
    const zero = Math.abs(value) < step / 2;
    picture.append(svg("line", { x1: left, x2: width - right, y1: y(value), y2: y(value), class: zero ? "zero" : "grid" }),
      svg("text", { x: left - 7, y: y(value) + 4, "text-anchor": "end", text: signed(zero ? 0 : value) }));
  }
  const years = [...new Set(dates.map((date) => date.slice(0, 4)))];
  const every = Math.ceil((54 * years.length) / (width - left - right));
  years.forEach((year, i) => {
    const k = dates.findIndex((date) => date >= `${year}-01-01`);
    if (i % every === 0 && x(k) <= width - right - 12) {
      picture.append(svg("line", { x1: x(k), x2: x(k), y1: height - bottom, y2: height - bottom + 4, class: "zero" }),
        svg("text", { x: x(k), y: height - 8, "text-anchor": i === 0 ? "start" : "middle", text: year }));
    }
  });
  picture.append(svg("line", { x1: x(at), x2: x(at), y1: top, y2: height - bottom, class: "here" }));
  for (const { i, mean, half, futures } of series) {
    const own = svg("g", { class: `v${i}` });
    if (half) {
      const upper = mean.map((m, k) => `${x(k).toFixed(1)},${y(m + half[k]).toFixed(1)}`);
      const lower = mean.map((m, k) => `${x(k).toFixed(1)},${y(m - half[k]).toFixed(1)}`).reverse();
      own.append(svg("polygon", { class: "band", points: [...upper, ...lower].join(" ") }));
    }
    const dash = ["", "7 4", "2 4", "9 3 2 3"][i];
    own.append(svg("polyline", { class: "mean", "stroke-dasharray": dash, points: mean.map((m, k) => `${x(k).toFixed(1)},${y(m).toFixed(1)}`).join(" ") }));
    for (const future of futures) own.append(svg("circle", { class: "future", cx: width - right + 6, cy: y(future), r: 3 }));
    picture.append(own);
  }
  const letters = series.map(({ letter, mean }) => ({ letter, y: y(mean.at(-1)) + 4 })).sort((a, b) => a.y - b.y);
  letters.forEach((label, i) => { if (i) label.y = Math.max(label.y, letters[i - 1].y + 14); });
  for (const label of letters) picture.append(svg("text", { x: width - right + 16, y: label.y, "font-weight": "700", text: label.letter }));
  box.replaceChildren(picture);
};
