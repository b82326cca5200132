// Logs that Dispatch understands: one JSON object a line, on standard output. No packages; Node 20 and later.

const source = "billing"; // the service, or the part of it that a team answers for

/** Writes one line. `fields` holds `feature`, and whatever else says whom and what it concerns. */
export function log(level, msg, fields, error) {
  const entry = {
    timestamp: new Date().toISOString(),
    level,
    msg,
    source,
    release: process.env.RELEASE ?? "dev",
    ...fields,
    ...(error && { error: error.message, stack: error.stack }),
  };
  process.stdout.write(JSON.stringify(entry) + "\n");
}

process.on("uncaughtExceptionMonitor", (error) => log("fatal", `Uncaught ${error.name}`, { feature: "process" }, error));

async function charge(customer, cents) {
  throw new Error(`card of ${customer} declined for ${cents}`);
}

/** The message says what failed, always in the same words; whom and how much are fields. */
async function checkOut(customer, cents) {
  try {
    await charge(customer, cents);
  } catch (error) {
    const about = { feature: "charge-customer", userId: customer, amount: cents, currency: "usd" };
    log("error", "Failed to process payment: card declined", about, error);
  }
}

log("info", "started", { feature: "start" });
await checkOut("user_abc123", 2500);
await checkOut("user_xyz789", 990);
