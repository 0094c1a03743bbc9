// What scrolls sideways can be reached with the keyboard.
function reachable() {
  for (const box of document.querySelectorAll("article .table-wrapper, article pre")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", reachable);
addEventListener("resize", reachable);
