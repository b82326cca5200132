// Logs that Dispatch understands: one JSON object a line, on standard output. Standard library only, Go 1.21 and later.
package main

import (
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"
)

// newLogger writes level, msg and timestamp under the names that Dispatch reads. source is the service, or a team's part of it.
func newLogger(source string) *slog.Logger {
	release := os.Getenv("RELEASE")
	if release == "" {
		release = "dev"
	}
	handler := slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: rename})
	return slog.New(handler).With("source", source, "release", release)
}

func rename(groups []string, field slog.Attr) slog.Attr {
	switch {
	case len(groups) > 0:
		return field
	case field.Key == slog.TimeKey:
		return slog.String("timestamp", field.Value.Time().UTC().Format(time.RFC3339Nano))
	case field.Key == slog.LevelKey:
		return slog.String("level", strings.ToLower(field.Value.String()))
	}
	return field
}

func charge(customer string, cents int) error {
	return fmt.Errorf("card of %s declined for %d", customer, cents)
}

// checkOut's message says what failed, always in the same words; whom and how much are fields.
func checkOut(logger *slog.Logger, customer string, cents int) {
	if err := charge(customer, cents); err != nil {
		logger.Error("Failed to process payment: card declined",
			"feature", "charge-customer", "userId", customer, "amount", cents, "currency", "usd",
			"error", err.Error(), "stack", string(debug.Stack()))
	}
}

func main() {
	logger := newLogger("billing")
	logger.Info("started", "feature", "start")
	checkOut(logger, "user_abc123", 2500)
	checkOut(logger, "user_xyz789", 990)
}
