/* What is live asks every few seconds; nobody looks at a page that is hidden, so it does not ask. */
document.addEventListener("htmx:confirm", (event) => {
  if (document.hidden) event.preventDefault();
});
