package jobs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/store"
)

// house is a store in memory: what is to happen when, and what was done.
type house struct {
	mu     sync.Mutex
	at     []time.Time
	done   int
	rounds int
	broken error
}

func (h *house) Sweep(context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rounds++
	var left []time.Time
	for _, at := range h.at {
		if at.After(time.Now()) {
			left = append(left, at)
		} else if h.broken == nil {
			h.done++
		}
	}
	if h.broken == nil {
		h.at = left
	}
	return h.broken
}

func (h *house) Purge(context.Context) (store.PurgeReport, error) {
	return store.PurgeReport{Organizations: []string{"ACME"}}, nil
}

func (h *house) NextSweep(context.Context) (time.Time, bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.at) == 0 {
		return time.Time{}, false, nil
	}
	next := h.at[0]
	for _, at := range h.at {
		if at.Before(next) {
			next = at
		}
	}
	return next, true, nil
}

func (h *house) state() (done, rounds int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.done, h.rounds
}

func keep(t *testing.T, h *house) (due chan struct{}, log *bytes.Buffer) {
	due, log = make(chan struct{}, 1), &bytes.Buffer{}
	t.Cleanup(start(context.Background(), Janitor(h, slog.New(slog.NewTextHandler(log, nil))), due))
	return due, log
}

func TestItActsAtTheSetTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{at: []time.Time{time.Now().Add(10 * time.Minute), time.Now().Add(20 * time.Minute)}}
		_, log := keep(t, h)
		for _, step := range []struct {
			after        time.Duration
			done, rounds int
		}{{0, 0, 1}, {10*time.Minute - 1, 0, 1}, {1, 1, 2}, {10 * time.Minute, 2, 3}, {longestSleep - 1, 2, 3}, {1, 2, 4}} {
			time.Sleep(step.after)
			synctest.Wait()
			if done, rounds := h.state(); done != step.done || rounds != step.rounds {
				t.Fatalf("%s later: %d done in %d rounds, want %d in %d", step.after, done, rounds, step.done, step.rounds)
			}
		}
		if !strings.Contains(log.String(), "code=ACME") {
			t.Errorf("the log does not say what was purged: %s", log)
		}
	})
}

func TestASignalWakesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{}
		due, _ := keep(t, h)
		synctest.Wait()
		h.mu.Lock()
		h.at = []time.Time{time.Now().Add(time.Minute)}
		h.mu.Unlock()
		due <- struct{}{}
		time.Sleep(time.Minute)
		synctest.Wait()
		if done, _ := h.state(); done != 1 {
			t.Errorf("%d done, want 1", done)
		}
	})
}

func TestItTriesAgainMoreAndMoreSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{at: []time.Time{time.Now()}, broken: errors.New("the disk is full")}
		keep(t, h)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if _, rounds := h.state(); rounds < 1400 || rounds > 1500 {
			t.Errorf("%d rounds in a day", rounds)
		}
		h.mu.Lock()
		h.broken = nil
		h.mu.Unlock()
		time.Sleep(backoff.Most)
		synctest.Wait()
		if done, _ := h.state(); done != 1 {
			t.Errorf("%d done once the disk has room, want 1", done)
		}
	})
}
