// Has Swagger UI show the document, and names what it leaves without a name.

/** The links in buttons that it makes: text, as a button holds nothing else that can be pressed. */
const plainLinks = ({ React }) => ({
  components: { DeepLink: ({ text }) => React.createElement("span", {}, text) },
});

const isBeside = (operation) => !operation.get("path").startsWith("/v1/");

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#document",
  plugins: [plainLinks],
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  operationsSorter: (one, other) => isBeside(one) - isBeside(other),
  // Its colours are for a dark box.
  syntaxHighlight: false,
  // Nothing that is typed in is kept, and nobody is asked whether the document is valid.
  persistAuthorization: false,
  validatorUrl: null,
});

const main = document.getElementById("document");
new MutationObserver(mend).observe(main, { childList: true, subtree: true });

function mend() {
  const all = (selector) => main.querySelectorAll(selector);
  for (const [selector, name] of NAMES) {
    for (const one of all(selector)) one.ariaLabel ??= name;
  }
  // It begins with level 3.
  for (const heading of all("h3, h4, h5")) heading.ariaLevel ??= Math.max(heading.tagName[1] - 2, 2);
  for (const dialog of all(".modal-ux:not([role])")) open(dialog);
}

const NAMES = [
  [".body-param__text", "Request body"],
  [".close-modal", "Close"],
  [".copy-to-clipboard button", "Copy"],
  [".download-contents", "Download"],
  [".examples-select-element", "Example"],
];

/** What was last at work outside the dialog for the token. */
let opener = null;
main.addEventListener("focusin", ({ target }) => {
  if (!target.closest(".dialog-ux")) opener = target;
});

/** The dialog for the token: Escape closes it, the focus goes back to what opened it, and the browser keeps nothing. */
function open(dialog) {
  dialog.role = "dialog";
  dialog.ariaModal = true;
  dialog.ariaLabel = "Authorize";
  const close = dialog.querySelector(".close-modal");
  for (const input of dialog.querySelectorAll("input")) input.autocomplete = "off";
  (dialog.querySelector("input") ?? close).focus();
  dialog.addEventListener("keydown", ({ key }) => key === "Escape" && close.click());
  new MutationObserver((_, observer) => {
    if (dialog.isConnected) return;
    observer.disconnect();
    opener?.focus();
  }).observe(main, { childList: true, subtree: true });
}
