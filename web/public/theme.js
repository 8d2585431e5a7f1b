// Runs before the first paint, so that a chosen theme does not flash the other one.
try {
  var theme = localStorage.getItem("apex.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch (_) {
  // Storage is forbidden here: the system's colours hold.
}
