"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const all = (what, from = document) => [...from.querySelectorAll(what)];
  const make = (name, attributes = {}) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const french = () => root.lang === "fr";

  // numbers: rounded once, by whoever wrote them; here only their signs and separators change
  const written = (text) => {
    if (text === "") return "–";
    const sign = text[0] === "-" ? "−" : text[0] === "+" ? "+" : "";
    const [whole, part] = text.replace(/^[+-]/, "").split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, french() ? "\u202f" : ",");
    return sign + grouped + (part === undefined ? "" : (french() ? "," : ".") + part);
  };
  const plain = (value, digits, sign) => {
    if (value === null || value === undefined) return "";
    const text = value.toFixed(digits);
    return Number(text) === 0 ? text.replace("-", "") : sign && value > 0 ? "+" + text : text;
  };
  const shown = (value, digits, sign) => written(plain(value, digits, sign));
  // a cell with a number, and behind it the interval of a level
  const write = (cell) => {
    cell.textContent = written(cell.dataset.v);
    if (!cell.dataset.l) return;
    const limits = document.createElement("small");
    limits.textContent = `\u00a0[${written(cell.dataset.l)}${french() ? "\u00a0;\u00a0" : ";\u00a0"}${written(cell.dataset.h)}]`;
    cell.append(limits);
  };
  const interval = (low, high, digits, sign) =>
    low === null || low === undefined ? "" : ` [${shown(low, digits, sign)}${french() ? "\u00a0;\u00a0" : ";\u00a0"}${shown(high, digits, sign)}]`;
  const month = (text) => `${data.months[french() ? 1 : 0][Number(text.slice(5)) - 1]} ${text.slice(0, 4)}`;

  // --- charts
  const plots = all(".plot").map((plot) => {
    const svg = plot.querySelector("svg");
    const chart = data.charts[svg.dataset.chart];
    const readout = plot.parentElement.querySelector(".readout");
    const box = svg.viewBox.baseVal;
    const cross = make("line", { class: "cross off", y1: 12, y2: box.height - 26 });
    svg.append(cross);
    svg.setAttribute("aria-hidden", "true");
    let at = chart.dates.length - 1;
    plot.setAttribute("aria-valuemax", at);
    const say = () => {
      const lines = [];
      for (const [series, [mean, low, high]] of Object.entries(chart.series)) {
        const drawn = svg.querySelector(`.series.s${series}`);
        if (!drawn || drawn.classList.contains("off")) continue;
        const [letter, en, fr] = data.series[series];
        const numbers = shown(mean[at], chart.digits, chart.sign) + interval(low[at], high[at], chart.digits, chart.sign);
        lines.push([`${letter} `, `${french() ? fr : en}${french() ? "\u00a0: " : ": "}${numbers}`]);
      }
      const date = month(chart.dates[at]);
      readout.replaceChildren();
      const head = document.createElement("b");
      head.textContent = date;
      readout.append(head);
      for (const [letter, words] of lines) {
        const line = document.createElement("div");
        const mark = document.createElement("b");
        mark.textContent = letter;
        line.append(mark, words);
        readout.append(line);
      }
      plot.setAttribute("aria-valuenow", at);
      plot.setAttribute("aria-valuetext", [date, ...lines.map((line) => line.join(""))].join("; "));
    };
    const go = (to) => {
      at = Math.max(0, Math.min(chart.dates.length - 1, to));
      cross.setAttribute("x1", chart.x[at]);
      cross.setAttribute("x2", chart.x[at]);
      cross.classList.remove("off");
      say();
    };
    plot.addEventListener("pointermove", (event) => {
      const place = svg.getBoundingClientRect();
      const x = ((event.clientX - place.left) / place.width) * box.width;
      go(chart.x.reduce((best, value, k) => (Math.abs(value - x) < Math.abs(chart.x[best] - x) ? k : best), 0));
    });
    plot.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -12, PageUp: 12, Home: -1e9, End: 1e9 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      go(at + step);
    });
    plot.addEventListener("focus", () => go(at));
    return { say };
  });
  for (const button of all(".toggle"))
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", on);
      for (const part of all(`.plot [data-s="${button.dataset.s}"]`, button.closest(".drawing"))) part.classList.toggle("off", !on);
      for (const plot of plots) plot.say();
    });

  // --- maps
  const choice = (name, otherwise) => {
    const element = document.getElementById(name);
    return element ? Number(element.value) : otherwise;
  };
  const table = document.getElementById("place-table");
  const labels = table ? all("thead th", table).map((th) => th) : [];
  const rows = table ? all("tbody tr", table) : [];
  const column = (name) => data.places.columns.findIndex(([key]) => key === name);
  const values = () => data.places.values[choice("place-scenario", 0)][choice("place-day", 0)];
  const classOf = (value, limits, letter) =>
    value === null || value === undefined ? "none" : letter + limits.filter((limit) => value >= limit).length;
  const paint = () => {
    if (!data.places) return;
    const here = values();
    for (const map of all("svg[data-map]")) {
      const what = map.dataset.map;
      const numbers = here[column(what)];
      const letter = what === "points" ? "d" : "q";
      for (const zone of all(".zone", map)) {
        const value = numbers[data.area[Number(zone.dataset.z)]];
        zone.setAttribute("class", `zone ${classOf(value, data.places.limits[what], letter)}`);
      }
      for (const zone of all(".hatch", map)) {
        const area = data.area[Number(zone.dataset.h)];
        const [low, high] = ["points_low", "points_high"].map((name) => here[column(name)][area]);
        zone.classList.toggle("off", low === undefined || low === null || low > 0 || high < 0);
      }
    }
    rows.forEach((row, area) => {
      data.places.cells.forEach((numbers, place) => {
        const cell = row.children[place + 2];
        numbers.forEach((k, side) => {
          const [, digits, sign] = data.places.columns[k];
          cell.dataset[["v", "l", "h"][side]] = plain(here[k][area], digits, sign);
        });
        write(cell);
      });
    });
  };
  for (const name of ["place-scenario", "place-day"]) document.getElementById(name)?.addEventListener("change", paint);
  const readout = document.querySelector(".readout.place");
  const text = (element) => (element.querySelector(`[lang="${root.lang}"]`) || element).textContent;
  for (const zone of all("svg[data-map] .zone"))
    zone.addEventListener("pointerenter", () => {
      for (const other of all(".zone.on")) other.classList.remove("on");
      for (const same of all(`.zone[data-z="${zone.dataset.z}"]`)) same.classList.add("on");
      const row = rows[data.area[Number(zone.dataset.z)]];
      const head = document.createElement("b");
      head.textContent = data.names[data.area[Number(zone.dataset.z)]];
      const said = [...row.children].slice(1).map((cell, k) => `${text(labels[k + 1])}${french() ? "\u00a0: " : ": "}${cell.textContent}`);
      readout.replaceChildren(head, document.createTextNode(` · ${said.join(" · ")}`));
    });

  // --- tables
  for (const button of all("button.sort"))
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const place = [...head.parentElement.children].indexOf(head);
      const down = head.getAttribute("aria-sort") !== "descending";
      for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => {
        const cell = row.children[place];
        return cell.dataset.v === undefined ? text(cell) : cell.dataset.v === "" ? -Infinity : Number(cell.dataset.v);
      };
      const body = head.closest("table").tBodies[0];
      const order = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), root.lang));
      const sorted = [...body.rows].map((row) => [key(row), row]).sort((a, b) => order(a[0], b[0]) * (down ? -1 : 1));
      body.append(...sorted.map(([, row]) => row));
    });
  const csvCell = (content, separator) => {
    // a text that begins like a formula would be run by a spreadsheet
    const safe = /^[=@\t\r]/.test(content) || /^[+-](?![\d.,]*$)/.test(content) ? `'${content}` : content;
    return /["\n\r]/.test(safe) || safe.includes(separator) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  for (const button of all("button.csv"))
    button.addEventListener("click", () => {
      const what = document.getElementById(button.dataset.t);
      const separator = french() ? ";" : ",";
      const pictures = all("thead th", what).map((th) => th.classList.contains("picture"));
      const levels = all("thead th", what).map((th) => th.classList.contains("level"));
      let before = ""; // how rows begin that go on with the same
      const named = (cell) => {
        if (cell.classList.contains("again")) return before;
        const words = [text(cell).trim(), ...all(".code", cell).map((code) => `(${code.textContent})`)].join(" ");
        if (cell.tagName === "TH") before = words;
        return words;
      };
      const number = (value) => (french() ? (value || "").replace(".", ",") : value || "");
      const content = (cell) => (cell.dataset.v === undefined ? named(cell) : number(cell.dataset.v));
      const limits = (cell) => (cell.tagName === "TH" ? data.interval.map((words) => words[french() ? 1 : 0]) : [number(cell.dataset.l), number(cell.dataset.h)]);
      const parts = (cell, k) => (pictures[k] ? [] : levels[k] ? [content(cell), ...limits(cell)] : [content(cell)]);
      const lines = all("tr", what).map((row) => [...row.children].flatMap(parts).map((part) => csvCell(part, separator)).join(separator));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], { type: "text/csv;charset=utf-8" }));
      link.download = `${button.dataset.t}.csv`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });

  // --- language
  const speak = () => {
    document.title = data.title[french() ? 1 : 0];
    all("[data-v]").forEach(write);
    for (const option of all("option[data-en]")) option.textContent = option.dataset[root.lang];
    for (const plot of plots) plot.say();
  };
  document.getElementById("language").addEventListener("click", () => {
    root.lang = french() ? "en" : "fr";
    speak();
  });
  speak();
})();
