package screen

import (
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// BenchmarkIdleSession reports what an idle program takes: its heap, its
// stacks and its goroutines, one of which is Run's caller.
func BenchmarkIdleSession(b *testing.B) {
	for _, size := range []Size{{80, 24}, {200, 50}} {
		b.Run(fmt.Sprintf("%dx%d", size.Width, size.Height), func(b *testing.B) {
			for b.Loop() {
				idleSessions(b, size)
			}
		})
	}
}

func idleSessions(b *testing.B, size Size) {
	const sessions = 200
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	goroutines := runtime.NumGoroutine()

	var ended, drawn sync.WaitGroup
	keys := make([]*io.PipeWriter, sessions)
	for i := range keys {
		in, w := io.Pipe()
		keys[i] = w
		drawn.Add(2)
		cursor := 3
		m := &model{
			update: func(msg tea.Msg) tea.Cmd {
				if _, ok := msg.(tea.KeyPressMsg); ok {
					cursor++
					drawn.Done()
				}
				return nil
			},
			view: func() tea.View { return table(size.Width, size.Height, 0, cursor) },
		}
		ended.Go(func() {
			_, _ = Run(b.Context(), m, Options{
				In: in, Out: io.Discard, Width: size.Width, Height: size.Height,
				Resize: func(func(Size)) {}, Term: "xterm-256color",
			})
		})
	}
	for range 2 {
		for _, w := range keys {
			_, _ = io.WriteString(w, "j")
		}
	}
	drawn.Wait()
	// Bubble Tea's ticker has its goroutine until it is stopped.
	deadline := time.Now().Add(10 * startTime)
	for poll := time.Tick(50 * time.Millisecond); runtime.NumGoroutine() > goroutines+3*sessions; <-poll {
		if time.Now().After(deadline) {
			b.Fatalf("%d goroutines for %d sessions", runtime.NumGoroutine()-goroutines, sessions)
		}
	}
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	heap := float64(after.HeapAlloc) - float64(before.HeapAlloc)
	stacks := float64(after.StackInuse) - float64(before.StackInuse)
	b.ReportMetric(heap/sessions, "heap-B/session")
	b.ReportMetric(stacks/sessions, "stack-B/session")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/sessions, "goroutines/session")
	for _, w := range keys {
		_ = w.Close()
	}
	ended.Wait()
}
