// The words of a search: letters without case and accents, amounts without separators.
const findWords = (() => {
  const fold = (text) => (/^[ -~]*$/.test(text) ? text
    : text.normalize("NFKD").replace(/\p{M}/gu, "")).toLowerCase();
  const split = (text) => {
    const joined = text
      .replace(/(\d)[\u00a0\u202f](?=\d)/g, "$1")
      .replace(/\b\d{1,3}(?: \d{3})+(?=[.,]\d{1,2}\b)/g, (number) => number.replace(/ /g, ""));
    return fold(joined).split(/\s+/).filter(Boolean);
  };
  const plain = (number) => {
    const [whole, rest = ""] = number.split(".");
    const digits = rest.replace(/0+$/, "");
    return (whole.replace(/^0+(?=\d)/, "") || "0") + (digits && "." + digits);
  };
  // Amounts as pages write them, "1,234.50", as "|1234.5|".
  const sums = (amounts) =>
    "|" + amounts.map((amount) => plain(amount.replace(/[^\d.]/g, "")) + "|").join("");
  // Parts of such a text that a word stands for. A point or a comma may separate either.
  const needles = (word) => {
    const text = word.replace(/^[\p{Sc}+\-\u2212]+/u, "").replace(/['\u2019]/g, "");
    if (!/^\d[\d.,]*$|^[.,]\d+$/.test(text) || /^0\d/.test(text)) return []; // 0042 is an id
    const marks = text.replace(/\d/g, "");
    const mark = marks.slice(-1);
    const whole = plain(text.replace(/[.,]/g, ""));
    const found = [];
    if (mark && marks.indexOf(mark) === marks.length - 1) {
      const at = text.lastIndexOf(mark);
      const number = text.slice(0, at).replace(/[.,]/g, "") + "." + text.slice(at + 1);
      found.push("|" + plain(number) + "|");
    }
    const alike = [...marks].every((one) => one === mark);
    if (!mark || (alike && /[.,]\d{3}$/.test(text))) found.push("|" + whole + "|", "|" + whole + ".");
    return found;
  };
  const hasAmount = (text, wanted) => wanted.some((needle) => text.includes(needle));
  return { fold, split, sums, needles, hasAmount };
})();
