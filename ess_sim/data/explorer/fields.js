// Controls for the fields of policies. Each writes into the block that it belongs to and says that it has changed.
// A control's path is that of its value in the scenario, by which messages find it.
let base = null; // what policies are placed on, as the server gives it
let changed = () => {};
let places = []; // fields of the form that a click on the map can set: { label, pick, path }
let placing = null; // the one that it does set
const zoneName = (code) => (base.zones.find((zone) => zone.code === code) || { name: code }).name;
const sortedZones = () => [...base.zones].sort((a, b) => a.name.localeCompare(b.name, "fr"));
const neediest = () => base.standards.smp.zone;

const blank = (field) => {
  if ("default" in field) return structuredClone(field.default);
  if (field.optional) return null;
  const choices = field.choices || [];
  switch (field.form) {
    case "whole": return Math.max(field.least ?? (field.above ?? 0) + 1, 1);
    case "number": return field.least ?? Math.min(field.most ?? 1, (field.above ?? 0) + 1);
    case "date": return base.start;
    case "switch": return false;
    case "zone": return neediest();
    case "zones": return [neediest()];
    case "choice": return choices[field.key === "grade" ? choices.length - 1 : 0].code;
    case "group": return blankGroup(field.fields);
    case "group_list": return [blankGroup(field.item.fields)];
    case "either": return blank(field.ways[0]);
    case "pairs": return {};
    case "texts": return [];
    default: return field.key === "source" ? say("own_source") : "";
  }
};
const blankGroup = (fields) => Object.fromEntries(fields.map((field) => [field.key, blank(field)]));
const stated = (field) => { // a value to begin with where one was left out
  const { default: _, ...bare } = field;
  return blank({ ...bare, optional: false });
};
const niceTop = (value) => {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((m) => m * power).find((top) => top >= value);
};
const idOf = (path) => "f-" + path.replace(/[^A-Za-z0-9_]/g, "-");
const wrapped = (path, ...inside) => el("div", { class: "field", "data-path": path }, ...inside);

const draws = {
  whole: (field, holder, path, label) => numeric(field, holder, path, label, 1),
  number: (field, holder, path, label) => numeric(field, holder, path, label, (field.most ?? 10) <= 1 ? 0.05 : 0.5),
  date: (field, holder, path, label) => {
    const input = el("input", { type: "date", id: idOf(path), min: base.start, max: base.end, value: holder[field.key] ?? "" });
    input.addEventListener("change", () => { holder[field.key] = input.value; changed(); });
    return [el("label", { for: idOf(path), text: label }), input];
  },
  switch: (field, holder, path, label) => {
    const input = el("input", { type: "checkbox", id: idOf(path) });
    input.checked = holder[field.key];
    input.addEventListener("change", () => { holder[field.key] = input.checked; changed(); });
    return [el("div", { class: "check" }, input, el("label", { for: idOf(path), text: label }))];
  },
  text: (field, holder, path, label) => {
    const input = el("input", { type: "text", id: idOf(path), maxlength: 200, value: holder[field.key] ?? "" });
    input.addEventListener("change", () => {
      holder[field.key] = input.value === "" && field.optional ? null : input.value;
      changed();
    });
    return [el("label", { for: idOf(path), text: label }), input];
  },
  choice: (field, holder, path, label) => {
    const empty = field.optional ? [el("option", { value: "", text: say("not_given") })] : [];
    const options = field.choices.map((c) => el("option", { value: c.code, text: named(c) }));
    const input = el("select", { id: idOf(path) }, ...empty, ...options);
    input.value = holder[field.key] ?? "";
    input.addEventListener("change", () => { holder[field.key] = input.value || null; changed(); });
    return [el("label", { for: idOf(path), text: label }), input];
  },
  zone: (field, holder, path, label) => {
    const input = el("select", { id: idOf(path) },
      ...sortedZones().map((zone) => el("option", { value: zone.code, text: zone.name })));
    input.value = holder[field.key];
    const set = (code) => { holder[field.key] = code; input.value = code; changed(); };
    input.addEventListener("change", () => set(input.value));
    offers(input, path, label, set);
    return [el("label", { for: idOf(path), text: label }), input];
  },
  zones: (field, holder, path, label) => many(field, holder, path, label, "chosen",
    sortedZones().map((zone) => [zone.code, zone.name]), true),
  texts: (field, holder, path, label) => many(field, holder, path, label, "chosen_gps", base.gps.map((gp) => [gp, gp]), false),
  pairs: (field, holder, path, label) => {
    const rows = field.keys.map((key) => {
      const id = idOf(`${path}.${key.code}`);
      const input = el("select", { id }, el("option", { value: "", text: say("not_given") }),
        ...field.choices.map((c) => el("option", { value: c.code, text: named(c) })));
      input.value = holder[field.key][key.code] ?? "";
      input.addEventListener("change", () => {
        if (input.value) holder[field.key][key.code] = input.value;
        else delete holder[field.key][key.code];
        changed();
      });
      return el("div", {}, el("label", { for: id, text: named(key) }), input);
    });
    return [el("fieldset", {}, el("legend", { text: label }), ...rows)];
  },
  group: (field, holder, path, label) => {
    const inside = drawFields(field.fields, holder[field.key], path);
    const usual = "default" in field && JSON.stringify(holder[field.key]) === JSON.stringify(field.default);
    if (!usual) return [el("fieldset", {}, el("legend", { text: label }), ...inside)];
    return [el("details", { class: "group" }, el("summary", { text: label }), ...inside)];
  },
  group_list: (field, holder, path, label) => {
    const box = el("div");
    const redraw = () => {
      const items = holder[field.key].map((item, i) => el("fieldset", {},
        el("legend", { text: say("item", label, i + 1) }), ...drawFields(field.item.fields, item, `${path}[${i}]`),
        el("button", { type: "button", class: "quiet", text: say("remove_item", label, i + 1), onclick: () => {
          holder[field.key].splice(i, 1); redraw(); changed(); } })));
      box.replaceChildren(...items, el("button", { type: "button", class: "quiet", text: say("add_item", label), onclick: () => {
        holder[field.key].push(blankGroup(field.item.fields)); redraw(); changed(); } }));
    };
    redraw();
    return [box];
  },
  either: (field, holder, path, label) => {
    const is = (way, value) => (way.form === "group" ? typeof value === "object" && !Array.isArray(value)
      : way.form === "zones" ? Array.isArray(value) : typeof value === "string");
    const title = (way) => (way.form === "choice" ? named(way.choices[0]) : say("way_" + way.form));
    const box = el("div");
    const select = el("select", { id: idOf(path) },
      ...field.ways.map((way, i) => el("option", { value: i, text: title(way) })));
    const redraw = () => {
      const at = field.ways.findIndex((way) => is(way, holder[field.key]));
      select.value = at;
      const way = { ...field.ways[at], key: field.key };
      box.replaceChildren(...(way.form === "choice" ? [] : draws[way.form](way, holder, path + (way.form === "text" ? ".name" : ""), label)));
    };
    select.addEventListener("change", () => {
      const way = field.ways[select.value];
      holder[field.key] = blank({ ...way, key: field.key });
      redraw();
      changed();
    });
    redraw();
    return [el("label", { for: idOf(path), text: say("way", label) }), select, box];
  },
};

const numeric = (field, holder, path, label, step) => {
  const value = holder[field.key];
  const least = field.least ?? (field.above === undefined ? 0 : step);
  const top = field.most !== undefined && field.most <= 24 ? field.most : Math.min(field.most ?? Infinity, niceTop(Math.max(4 * (value ?? 0), 10)));
  const bounds = { min: field.least ?? field.above, max: field.most };
  const id = idOf(path);
  const input = el("input", { type: "number", id, step: field.form === "whole" ? 1 : "any", ...bounds, value });
  const coarse = top > 1000 && step < 1 ? top / 200 : step;
  const slider = el("input", { type: "range", min: least, max: top, step: coarse, value, "aria-label": say("slider", label) });
  slider.addEventListener("input", () => { input.value = slider.value; holder[field.key] = Number(slider.value); changed(); });
  input.addEventListener("input", () => {
    if (Number(input.value) > Number(slider.max)) slider.max = niceTop(Number(input.value));
    slider.value = input.value;
    holder[field.key] = input.value === "" ? null : Number(input.value);
    changed();
  });
  return [el("label", { for: id, text: label }), el("div", { class: "pair" }, slider, input)];
};

const many = (field, holder, path, label, key, choices, onMap) => {
  const count = el("p", { class: "note" });
  const boxes = new Map();
  const said = () => { count.textContent = say(key, number(holder[field.key].length), number(choices.length)); };
  const set = (code, on) => {
    const without = holder[field.key].filter((other) => other !== code);
    holder[field.key] = on ? [...without, code] : without;
    boxes.get(code).checked = on;
    said();
    changed();
  };
  const list = el("div", { class: "many", tabindex: "0", role: "group", "aria-label": label });
  for (const [code, name] of choices) {
    const id = `${idOf(path)}-${code.replace(/[^A-Za-z0-9]/g, "-")}`;
    const box = el("input", { type: "checkbox", id });
    box.checked = holder[field.key].includes(code);
    box.addEventListener("change", () => set(code, box.checked));
    boxes.set(code, box);
    list.append(el("div", { class: "check" }, box, el("label", { for: id, text: name })));
  }
  if (onMap) offers(list, path, label, (code) => boxes.has(code) && set(code, !holder[field.key].includes(code)));
  said();
  return [el("fieldset", {}, el("legend", { text: label }), count, list)];
};

const offers = (control, path, label, pick) => {
  const mine = { path, label, pick };
  control.addEventListener("focusin", () => { placing = mine; }); // which `aim` then finds to be of the policy touched
  places = [...places.filter((place) => place.path !== path), mine];
};

const optional = (field, holder, path, label) => {
  const box = el("div", { class: "given" });
  const id = idOf(path) + "-given";
  const input = el("input", { type: "checkbox", id });
  input.checked = holder[field.key] !== null;
  const redraw = () => box.replaceChildren(...(holder[field.key] === null ? [] : draws[field.form](field, holder, path, label)));
  input.addEventListener("change", () => {
    holder[field.key] = input.checked ? stated(field) : null;
    redraw();
    changed();
  });
  redraw();
  const what = field.form === "zones" ? say("some_communes") : say("given");
  return [el("div", { class: "check" }, input, el("label", { for: id, text: `${label} (${what})` })), box];
};

const drawFields = (fields, holder, path) => fields.map((field) => {
  const here = `${path}.${field.key}`;
  const label = named(field.label);
  const plain = !field.optional || field.form === "choice" || field.form === "text";
  return wrapped(here, ...(plain ? draws[field.form](field, holder, here, label) : optional(field, holder, here, label)));
});
