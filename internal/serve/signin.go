package serve

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"muster/models"
	"muster/sshserver"
	"muster/store"
)

// signInTime bounds one look at who may still sign in.
const signInTime = 10 * time.Second

// watchSignIn ends the connections of removed keys and of suspended or deleted
// accounts as soon as the store says that there are some, from whatever process
// they were removed. The function that it gives ends the watch.
func watchSignIn(ctx context.Context, s *store.Store, server *sshserver.Server, log *slog.Logger) (end func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	changed := s.Subscribe(store.TopicSignIn)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-changed.C:
				closeEnded(ctx, s, server, log)
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
		changed.Close()
	}
}

func closeEnded(ctx context.Context, s *store.Store, server *sshserver.Server, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, signInTime)
	defer cancel()
	for _, h := range server.Holders() {
		err := s.CheckSignIn(ctx, h.UserID, h.Fingerprint)
		if err == nil || ctx.Err() != nil {
			continue
		}
		switch e := models.AsError(err); e.Code {
		case models.CodeDenied, models.CodeNotFound:
			server.CloseKey(h.Fingerprint, e.Message)
		default: // the next action asks again
			log.Warn("cannot look who may still sign in", "err", err)
		}
	}
}
