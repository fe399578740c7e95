"""The one script of the pages: it opens the payer account that a link leads to, and makes a filter.

Without it a reader opens that line by hand and searches with the browser's own means.
"""

SCRIPT = """
(() => {
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
  const texts = payers.map((payer) => payer.textContent.toLowerCase());
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
  const words = made("input", "Find a payer account, invoice or file");
  words.type = "search";
  const verdict = made("select", "Verdict");
  const verdicts = [...new Set(payers.map((payer) => payer.dataset.verdict))];
  for (const name of ["All", ...verdicts]) verdict.append(new Option(name));
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  bar.append(said);
  const show = () => {
    const wanted = words.value.toLowerCase().split(/\\s+/).filter(Boolean);
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
"""
