package jobs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"muster/models"
	"muster/store"
)

// work starts jobs until the test ends.
func work(t *testing.T, jobs ...Job) (log *bytes.Buffer) {
	log = &bytes.Buffer{}
	w := &Worker{Jobs: jobs, Now: time.Now, After: time.After, Log: slog.New(slog.NewTextHandler(log, nil))}
	t.Cleanup(w.Start(context.Background()))
	return log
}

func TestAJobThatHangsKeepsNoOtherFromItsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int32
		work(t, Job{Name: "hangs", Run: func(ctx context.Context) (next time.Time, err error) {
			<-ctx.Done()
			return next, ctx.Err()
		}}, Job{Name: "works", Run: func(context.Context) (time.Time, error) {
			runs.Add(1)
			return time.Now().Add(time.Minute), nil
		}})
		time.Sleep(time.Hour + time.Second)
		synctest.Wait()
		if got := runs.Load(); got != 61 {
			t.Errorf("%d runs in an hour, want one a minute", got)
		}
	})
}

func TestATimeThatHasPassedIsNoBusyLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int32
		work(t, Job{Name: "late", Run: func(context.Context) (time.Time, error) {
			runs.Add(1)
			return time.Now().Add(-time.Hour), nil
		}})
		time.Sleep(time.Minute + time.Millisecond)
		synctest.Wait()
		if got := runs.Load(); got != 61 {
			t.Errorf("%d runs in a minute, want one a second", got)
		}
	})
}

func TestTheWaitGrowsWithFailuresInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		begin := time.Now()
		log := work(t, Job{Name: "breaks", Run: func(context.Context) (next time.Time, err error) {
			at = append(at, time.Since(begin))
			if len(at) == 4 { // this one succeeds, and the wait begins anew
				return time.Now().Add(time.Second), nil
			}
			return next, errors.New("the disk is full")
		}})
		time.Sleep(30 * time.Second)
		synctest.Wait()
		want := []time.Duration{0, 1, 3, 7, 8, 9, 11, 15, 23}
		if len(at) != len(want) {
			t.Fatalf("runs at %v, want at %v s", at, want)
		}
		for i := range want {
			if at[i] != want[i]*time.Second {
				t.Fatalf("runs at %v, want at %v s", at, want)
			}
		}
		if !strings.Contains(log.String(), `msg="a job failed" job=breaks error="the disk is full" again=1s`) {
			t.Errorf("the log says %s", log)
		}
	})
}

// On takes the signals of the store's change feed, and closes the subscription
// with the worker.
func TestAChangeInTheStoreWakesAJob(t *testing.T) {
	ctx := t.Context()
	s, err := store.Open(ctx, store.Options{Dir: t.TempDir(), Create: true, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ran := make(chan struct{}, 10)
	sub, other := s.Subscribe(store.TopicInstallation), s.Subscribe(store.TopicInstallation)
	job := Job{Name: "listens", Run: func(context.Context) (next time.Time, err error) {
		ran <- struct{}{}
		return next, nil
	}}.On(sub)
	wait := (&Worker{Jobs: []Job{job}, Now: time.Now, After: time.After, Log: slog.New(slog.DiscardHandler)}).Start(ctx)
	<-ran // once at the start
	ada, err := s.Init(ctx, store.NewUser{Name: "Ada", Email: "ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	<-ran
	<-other.C
	wait()
	if _, err := s.UpdateMe(ctx, models.Actor{UserID: ada.ID, Via: models.ViaLocal}, "Ada Lovelace"); err != nil {
		t.Fatal(err)
	}
	<-other.C
	if len(sub.C) != 0 {
		t.Error("the subscription is open after the worker has ended")
	}
}
