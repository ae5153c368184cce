// Buttons that copy what stands beside them. Hidden in the page: they need this script.

const status = document.querySelector("[data-copy-status]");

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = status.textContent = button.dataset.copied;
    } catch {
      // Without permission, or without TLS: marked, for Ctrl-C.
      getSelection().selectAllChildren(source);
    }
  });
}
