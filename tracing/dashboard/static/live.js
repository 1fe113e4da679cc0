/* What is live asks every few seconds.  Nobody looks at a page that is hidden, so it does not ask; and when nobody
   answers any more, the page says that what it shows is old.  What a reader opened or closed stays so. */
(() => {
  "use strict";
  const away = (is) => (document.getElementById("away").hidden = !is);
  document.addEventListener("htmx:confirm", (event) => document.hidden && event.preventDefault());
  document.addEventListener("htmx:afterRequest", (event) => away(!event.detail.successful));
  const states = new Map();
  document.addEventListener("toggle", (event) => {
    if (event.target.id) states.set(event.target.id, event.target.open);
  }, true);
  document.addEventListener("htmx:afterSwap", () => {
    for (const [id, open] of states) {
      const details = document.getElementById(id);
      if (details) details.open = open;
    }
  });
})();
