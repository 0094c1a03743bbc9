// Variants and their policies.
let variants = []; // at most four: { title, policies, last: number of the policy that was added or touched last }
let selected = 0;
const copied = (value) => structuredClone(value);
const leversOf = (kind) => given.levers.find((lever) => lever.kind === kind);
const sortedLevers = () => [...given.levers].sort((a, b) => named(a.label).localeCompare(named(b.label), lang));
const mark = (i) => el("span", { class: `mark v${i}`, "aria-hidden": "true" });

const drawVariants = () => {
  const buttons = variants.map((variant, i) => el("button", {
    type: "button", "aria-pressed": String(i === selected), onclick: () => { selected = i; draw(); $("variants").children[i].focus(); },
  }, mark(i), say("variant", given.letters[i])));
  const more = el("button", { type: "button", text: say("add_variant"), onclick: () => {
    const copy = copied(variants[selected]);
    if (copy.title) copy.title = say("copy_of", copy.title, given.letters[variants.length]).slice(0, 120);
    variants.push(copy);
    selected = variants.length - 1;
    draw();
    changed();
    $("variants").children[selected].focus();
  } });
  const fewer = el("button", { type: "button", text: say("remove_variant"), onclick: () => {
    variants.splice(selected, 1);
    selected = Math.min(selected, variants.length - 1);
    draw();
    changed();
    $("variants").children[selected].focus();
  } });
  $("variants").replaceChildren(...buttons, ...(variants.length < given.letters.length ? [more] : []),
    ...(variants.length > 1 ? [fewer] : []));
};

const policyName = (policies, i) => { // with its number among those of its kind, if there are several
  const label = named(leversOf(policies[i].kind).label);
  const alike = policies.filter((policy) => policy.kind === policies[i].kind);
  return alike.length > 1 ? say("item", label, alike.indexOf(policies[i]) + 1) : label;
};
const aim = (i) => { // a click on the map is for the policy that was added or touched last, of those that have a place
  const variant = variants[selected];
  const own = (k) => places.filter(({ path }) => path.startsWith(`policies[${k}].`) && $("form").querySelector(`[data-path="${CSS.escape(path)}"]`));
  const found = [i, variant.last, ...variant.policies.map((_, k) => k).reverse()].find((k) => own(k).length);
  if (found === undefined) placing = null;
  else {
    variant.last = found;
    if (!own(found).includes(placing)) [placing] = own(found);
  }
  sayPlacing();
};

const drawForm = () => {
  const variant = variants[selected];
  places = [];
  placing = null;
  const title = el("input", { type: "text", id: "variant-title", maxlength: 120, value: variant.title });
  title.addEventListener("input", () => { variant.title = title.value; drawFor(); });
  const policies = variant.policies.map((policy, i) => {
    const lever = leversOf(policy.kind);
    const path = `policies[${i}]`;
    const name = policyName(variant.policies, i);
    return el("div", { class: "policy", role: "group", "data-path": path, "aria-label": name },
      el("div", { class: "bar" }, el("h4", { text: name }),
        el("button", { type: "button", class: "quiet", text: say("remove"), "aria-label": say("remove_policy", name), onclick: () => {
          variant.policies.splice(i, 1);
          if (variant.last >= i) variant.last -= 1;
          draw();
          changed();
          $("add-kind").focus();
        } })),
      ...drawFields(lever.fields, policy, path));
  });
  const kinds = el("select", { id: "add-kind" }, ...sortedLevers().map((lever) => el("option", { value: lever.kind, text: named(lever.label) })));
  kinds.value = "smp";
  const add = el("button", { type: "button", id: "add", class: "main", text: say("add"), onclick: () => {
    variant.policies.push(copied(base.standards[kinds.value]));
    draw();
    aim(variant.policies.length - 1);
    changed();
    [...$("form").querySelectorAll(".policy[data-path]")].at(-1).querySelector("input, select")?.focus();
  } });
  $("form").replaceChildren(
    el("div", { class: "field" }, el("label", { for: "variant-title", text: say("variant_title") }), title),
    ...(policies.length ? policies : [el("p", { class: "note", text: say("no_policy") })]),
    el("div", { class: "policy" }, el("label", { for: "add-kind", text: say("add_policy") }), el("div", { class: "row" }, kinds, add)));
  aim(variant.last);
};
