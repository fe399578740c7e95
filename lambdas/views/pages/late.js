(() => {
  const day = 24 * 60 * 60 * 1000;
  for (const deadline of document.querySelectorAll("time[data-late]")) {
    const days = Math.floor((Date.now() - Date.parse(deadline.dateTime)) / day);
    if (!(days > 0)) continue;
    const late = document.createElement("strong");
    late.className = "days-late";
    late.textContent = days === 1 ? "1 day late" : days.toLocaleString("en") + " days late";
    deadline.after(" ", late);
  }
})();
