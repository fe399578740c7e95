(() => {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll(".folded:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    opened = [];
  });
  const list = document.querySelector(".payers");
  if (!list) return;
  const payers = [...list.children];
  const follow = () => {
    const target = payers.find((payer) => "#" + payer.id === location.hash);
    if (!target) return;
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();
  if (payers.length < 2) return;
  const found = (payer) => [
    payer.textContent,
    ...[...payer.querySelectorAll("a")].map((link) => link.getAttribute("href").split("/").pop()),
    ...[...payer.querySelectorAll("[data-code]")].map((one) => one.dataset.code),
  ].join(" ").toLowerCase();
  let texts;
  const bar = document.createElement("div");
  bar.className = "filter";
  bar.setAttribute("role", "search");
  const made = (name, label) => {
    const wrap = document.createElement("label");
    const caption = document.createElement("span");
    caption.textContent = label;
    const field = document.createElement(name);
    wrap.append(caption, field);
    bar.append(wrap);
    return field;
  };
  const words = made("input", "Find a payer account, invoice, file or finding");
  words.type = "search";
  const verdict = made("select", "Verdict");
  const verdicts = [...new Set(payers.map((payer) => payer.dataset.verdict))];
  for (const name of ["All", ...verdicts]) verdict.append(new Option(name));
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  bar.append(said);
  const show = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    texts ??= payers.map(found);
    let count = 0;
    payers.forEach((payer, index) => {
      const is = (verdict.selectedIndex === 0 || payer.dataset.verdict === verdict.value) &&
        wanted.every((word) => texts[index].includes(word));
      payer.hidden = !is;
      count += is;
    });
    said.textContent = count === payers.length ? "" : count + " of " + payers.length + " shown";
  };
  words.addEventListener("input", show);
  verdict.addEventListener("change", show);
  list.before(bar);
})();
