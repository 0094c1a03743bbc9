// What the theme leaves out for screen readers: levels of captions, names of the two sidebars.
addEventListener("DOMContentLoaded", () => {
  for (const caption of document.querySelectorAll(".caption[role=heading]")) caption.ariaLevel = "2";
  for (const [place, name] of [["sidebar", "Contents"], ["toc", "On this page"]]) {
    document.querySelector(`aside.${place}-drawer`)?.setAttribute("aria-label", name);
  }
});

// What scrolls sideways can be reached with the keyboard.
function reachable() {
  for (const box of document.querySelectorAll("article .table-wrapper, article pre")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", reachable);
addEventListener("resize", reachable);
