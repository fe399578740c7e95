// The ages of unpaid invoices, by the days since their due dates: [day, currency, count, amount].
(() => {
  const table = document.querySelector("table[data-due]");
  if (!table) return;
  const day = 24 * 60 * 60 * 1000;
  const ages = [["Not due yet", 0], ["1\u201330 days past due", 30], ["31\u201360 days past due", 60],
    ["61\u201390 days past due", 90], ["More than 90 days past due", Infinity]]
    .map(([label, most]) => ({ label, most, isLate: most > 0, count: 0, sums: new Map() }));
  const undated = { label: "No due date", isLate: false, count: 0, sums: new Map() };
  // Amounts are added as whole numbers of their smallest part, so that none is rounded.
  const add = (one, other) => {
    const places = Math.max(...[one, other].map((text) => (text.split(".")[1] || "").length));
    const [first, second] = [one, other].map((text) => {
      const [whole, rest = ""] = text.replace("\u2212", "-").replaceAll(",", "").split(".");
      return BigInt(whole + rest.padEnd(places, "0"));
    });
    const sum = first + second;
    const digits = String(sum < 0n ? -sum : sum).padStart(places + 1, "0");
    const whole = digits.slice(0, digits.length - places).replace(/\B(?=(\d{3})+$)/g, ",");
    return (sum < 0n ? "\u2212" : "") + whole + (places ? "." + digits.slice(-places) : "");
  };
  for (const [due, currency, count, amount] of JSON.parse(table.dataset.due)) {
    const days = Math.floor((Date.now() - Date.parse(due)) / day);
    const age = due ? ages.find((one) => days <= one.most) : undated;
    age.count += count;
    age.sums.set(currency, add(age.sums.get(currency) || "0", amount));
  }
  const part = (tag, name, ...content) => {
    const one = document.createElement(tag);
    if (name) one.className = name;
    one.append(...content);
    return one;
  };
  const amounts = (sums) => part("div", "amounts", ...[...sums].sort().map(([currency, sum]) =>
    part("span", "", sum + " ", part("bdi", "", currency))));
  const heading = [...table.tHead.rows].at(-1).cells;
  heading[0].textContent = "Age";
  table.tBodies[0].replaceChildren(...[...ages, undated].filter((one) => one.count).map((one) => {
    const label = one.isLate ? part("strong", "", one.label) : one.label;
    const contents = [label, one.count.toLocaleString("en"), amounts(one.sums)];
    return part("tr", one.isLate ? "outstanding" : "", ...contents.map((content, at) => {
      const cell = part("td", at ? "number" : "", content);
      cell.dataset.label = heading[at].textContent;
      return cell;
    }));
  }));
})();
