// Words, numbers, dates and elements of the page. Text comes in by textContent alone.
const given = JSON.parse(document.getElementById("given").textContent);
let lang = given.lang || ((navigator.language || "").toLowerCase().startsWith("fr") ? "fr" : "en");
const $ = (id) => document.getElementById(id);
const say = (key, ...values) => {
  let i = 0;
  return given.words[key][lang === "fr" ? 1 : 0].replace(/\{\}/g, () => values[i++]);
};
const named = (words) => words[lang];
const number = (value, digits = 0) => {
  const format = new Intl.NumberFormat(lang === "fr" ? "fr-FR" : "en-GB",
    { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const text = format.format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? "−" + text : text;
};
const signed = (value, digits = 0) => {
  const text = number(value, digits);
  return value > 0 && /[1-9]/.test(text) ? "+" + text : text;
};
const dateSaid = (iso) => {
  const [year, month, day] = iso.split("-").map(Number);
  const first = lang === "fr" && day === 1 ? "1er" : day;
  return `${first} ${given.months[lang][month - 1]} ${year}`;
};
const put = (node, name, value) => {
  if (name === "text") node.textContent = value;
  else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (value === true) node.setAttribute(name, "");
  else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
};
const el = (tag, attributes = {}, ...inside) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) put(node, name, value);
  node.append(...inside.filter((x) => x !== null && x !== undefined));
  return node;
};
const svg = (tag, attributes = {}, ...inside) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) put(node, name, value);
  node.append(...inside);
  return node;
};
const sayPage = () => {
  document.documentElement.lang = lang;
  document.title = say("title");
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  for (const node of document.querySelectorAll("[data-lang]")) node.setAttribute("aria-pressed", node.dataset.lang === lang);
};
