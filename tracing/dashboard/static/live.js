/* What is live asks every few seconds.  Nobody looks at a page that is hidden, so it does not ask; and when nobody
   answers any more, the page says that what it shows is old. */
(() => {
  "use strict";
  const away = (is) => (document.getElementById("away").hidden = !is);
  document.addEventListener("htmx:confirm", (event) => document.hidden && event.preventDefault());
  document.addEventListener("htmx:afterRequest", (event) => away(!event.detail.successful));
})();
