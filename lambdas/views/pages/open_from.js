(() => {
  const origin = document.querySelector("[data-console]");
  const masthead = document.querySelector(".masthead");
  if (!origin || !masthead) return;
  const paths = new WeakMap();
  const label = document.createElement("label");
  label.className = "open-from";
  const field = document.createElement("select");
  field.append(new Option("this copy"), new Option("AWS console"));
  label.append("Open from ", field);
  const turn = (links) => {
    for (const link of links) {
      const path = paths.get(link) ?? link.getAttribute("href");
      if (!path || /^(#|[a-z]+:)/i.test(path)) continue;
      paths.set(link, path);
      const key = path.replace(/^(\.\.\/)+/, "").replace(/#.*/, ""); // an object has no places
      link.setAttribute("href", field.selectedIndex ? origin.dataset.console + key : path);
    }
  };
  const turnAll = () => turn(document.querySelectorAll("a[href]"));
  field.addEventListener("change", turnAll);
  new MutationObserver((changes) => {
    if (!field.selectedIndex) return;
    for (const node of changes.flatMap((change) => [...change.addedNodes])) {
      if (node.nodeType === Node.ELEMENT_NODE) {
        turn([...(node.matches("a[href]") ? [node] : []), ...node.querySelectorAll("a[href]")]);
      }
    }
  }).observe(document.body, { childList: true, subtree: true });
  if (location.search.includes("X-Amz-Signature=")) {
    field.selectedIndex = 1;
    turnAll();
  }
  masthead.append(label);
})();
