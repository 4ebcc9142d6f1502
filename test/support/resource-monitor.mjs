// Given to Node by --import: at SIGUSR2 the process writes to its log what keeps its event loop alive, by kind.
process.on('SIGUSR2', () => {
  const counts = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  process.stderr.write(`${JSON.stringify({ resources: counts })}\n`);
});
