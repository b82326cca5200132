"""What every room stands on: settings, the work, errors, queues, the log, the clock, ids and migrations. No rule of any noun."""
