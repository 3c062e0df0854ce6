package main

import (
	"fmt"
	"slices"
	"time"
)

// report prints one line a figure, as it comes.
type report struct{}

const line = "%-58s %12s %12s  %s\n"

func (report) head() { fmt.Printf(line, "what", "measured", "at most", "") }

// figure prints a figure with its bound. show writes both.
func figure[T ~int | ~int64 | ~float64](_ report, what string, got, bound T, show func(T) string, note string) {
	verdict := "ok"
	if got > bound {
		verdict = "OVER"
	}
	if note != "" {
		verdict += "  " + note
	}
	fmt.Printf(line, what, show(got), show(bound), verdict)
}

// fact prints a figure without a bound.
func (report) fact(what, got, note string) { fmt.Printf(line, what, got, "", note) }

func (report) note(text string) { fmt.Println("  " + text) }

func millis(d time.Duration) string {
	switch {
	case d < 10*time.Microsecond:
		return fmt.Sprintf("%.1f µs", float64(d)/1e3)
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.1f ms", float64(d)/1e6)
}

func micros(d time.Duration) string { return fmt.Sprintf("%.1f µs", float64(d)/1e3) }

func bytesOf(n int) string { return fmt.Sprintf("%d B", n) }

func kib(n int) string { return fmt.Sprintf("%d KiB", n/1024) }

func times(x float64) string { return fmt.Sprintf("%.2f ×", x) }

func percent(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }

// quantile is the value that a part of all are at most. It sorts.
func quantile[T ~int | ~int64](all []T, part float64) T {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(int(part*float64(len(all))), len(all)-1)]
}
