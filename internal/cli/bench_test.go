package cli

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"muster/internal/clock"
)

// BenchmarkCommand is what a command over SSH costs beside its query: making
// the tree, finding the command, answering.
func BenchmarkCommand(b *testing.B) {
	for b.Loop() {
		status := Run(context.Background(), Env{
			Args: []string{"version", "--json"}, In: strings.NewReader(""), Out: io.Discard, Err: io.Discard,
			Getenv: func(string) string { return "" }, Now: clock.System, After: time.After,
			Remote: &Remote{Log: slog.New(slog.DiscardHandler)},
		})
		if status != 0 {
			b.Fatal(status)
		}
	}
}
