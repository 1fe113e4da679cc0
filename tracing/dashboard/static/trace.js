/* Arrow keys go from line to line. */
(() => {
  const within = (link) => link.closest("li").querySelector(":scope > details");
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelector("#panel .close a")?.click();
    const link = document.activeElement;
    if (!link?.matches(".tree .what > a:first-child") || event.altKey || event.ctrlKey || event.metaKey) return;
    const links = [...document.querySelectorAll(".tree .what > a:first-child")].filter((each) => each.offsetParent);
    const go = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (go) links[links.indexOf(link) + go]?.focus();
    else if (event.key === "ArrowLeft" && within(link)) within(link).open = false;
    else if (event.key === "ArrowRight" && within(link)) within(link).open = true;
    else return;
    event.preventDefault();
  });
})();
