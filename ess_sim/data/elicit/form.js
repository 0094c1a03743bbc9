"use strict";
{
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const text = (element) => element.value.trim();
  // numbers as people of either language write them: 0,25 and 0.25
  const number = (said) => (/^[-+]?(\d+([.,]\d*)?|[.,]\d+)$/.test(said) ? Number(said.replace(",", ".")) : NaN);
  const cell = (said) => (/["\r\n;,]/.test(said) ? `"${said.replaceAll('"', '""')}"` : said);

  const answerOf = (section) => {
    const of = (name) => text(section.querySelector(`.${name}`));
    const said = [of("low"), of("most_likely"), of("high")];
    const fault = section.querySelector(".fault");
    fault.textContent = "";
    if (said.every((one) => one === "")) return null;
    const [low, most, high] = said.map(number);
    if (said.some((one) => one === "")) fault.textContent = data.faults.part;
    else if ([low, most, high].some(Number.isNaN)) fault.textContent = data.faults.number;
    else if (!(low <= most && most <= high && low < high)) fault.textContent = data.faults.order;
    else {
      const [least, greatest] = data.possible[section.dataset.parameter];
      const shown = (one) => String(one).replace(".", data.decimal);
      if (low < least || high > greatest)
        fault.textContent = data.faults.range.replace("{}", shown(least)).replace("{}", shown(greatest));
    }
    const written = said.map((one) => one.replace(/[.,]/, data.decimal));
    return { parameter: section.dataset.parameter, written, why: of("why"), wrong: fault.textContent !== "" };
  };

  for (const section of document.querySelectorAll("section")) section.addEventListener("change", () => answerOf(section));

  byId("save").addEventListener("click", () => {
    const answers = [...document.querySelectorAll("section")].map(answerOf).filter((one) => one !== null);
    const expert = text(byId("expert"));
    const fault = byId("fault");
    const wrong = answers.find((one) => one.wrong);
    fault.textContent = !expert ? data.faults.name : !answers.length ? data.faults.none : wrong ? wrong.parameter : "";
    if (fault.textContent) return;
    const rows = answers.map((one) => [...data.rows[one.parameter], ...one.written, one.why, expert, text(byId("given"))]);
    const lines = [data.columns, ...rows].map((row) => row.map(cell).join(data.separator));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], { type: "text/csv;charset=utf-8" }));
    link.download = `${data.name}-${expert.replace(/[^\p{L}\p{N}]+/gu, "-")}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
