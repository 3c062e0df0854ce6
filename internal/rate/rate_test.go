package rate_test

import (
	"testing"
	"time"

	"muster/internal/rate"
)

func TestBucket(t *testing.T) {
	r := rate.Per(3, time.Minute) // one every 20 s
	var b rate.Bucket
	for i, x := range []struct {
		at   time.Duration
		want time.Duration
		left int
	}{
		{0, 0, 2}, {0, 0, 1}, {0, 0, 0},
		{0, 20 * time.Second, 0}, // nothing was used by that
		{5 * time.Second, 15 * time.Second, 0},
		{20 * time.Second, 0, 0},
		{30 * time.Second, 10 * time.Second, 0},
		{10 * time.Minute, 0, 2}, // never more than the burst
	} {
		if wait := b.Take(x.at, r); wait != x.want || b.Left(x.at, r) != x.left {
			t.Errorf("%d: at %s wait %s and %d left, want %s and %d", i, x.at, wait, b.Left(x.at, r), x.want, x.left)
		}
	}
	if at := 10*time.Minute + 19*time.Second; b.Unused(at) || b.Until(at) != time.Second || b.Left(at, r) != 2 {
		t.Errorf("a second too early: %s, %d left", b.Until(at), b.Left(at, r))
	}
	if at := 10*time.Minute + 20*time.Second; !b.Unused(at) || b.Left(at, r) != 3 {
		t.Errorf("not free again: %s, %d left", b.Until(at), b.Left(at, r))
	}
}

func TestBucketReserve(t *testing.T) {
	r := rate.Rate{Burst: 2, Each: time.Second}
	var b rate.Bucket
	for i, want := range []time.Duration{0, 0, time.Second, 2 * time.Second, 3 * time.Second} {
		if got := b.Reserve(0, r); got != want {
			t.Errorf("turn %d is %s away, want %s", i, got, want)
		}
	}
	b.Limit(0, r, 4)
	if got := b.Wait(0, r); got != 3*time.Second {
		t.Errorf("wait %s with a limit of 4, want 3s", got)
	}
	b.Limit(0, r, 10)
	if got := b.Until(time.Second); got != 3*time.Second {
		t.Errorf("a limit above what was used changed it: %s", got)
	}
}
