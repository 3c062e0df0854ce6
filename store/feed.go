package store

import (
	"context"
	"slices"
	"sync"
	"time"
)

// feed tells subscribers that something about an organization or a user has
// changed, by this process or another. A signal has no payload: whoever gets
// it queries again with their own rights.
type feed struct {
	s *Store

	mu     sync.Mutex
	subs   map[string]map[*Subscription]bool // by topic
	own    map[string]int64                  // marks of this process that the poller has yet to see
	count  int
	cancel context.CancelFunc // ends the poller; nil while nobody listens
	closed bool
	polled int64 // the newest mark that the poller has seen
	behind struct {
		mark  int64     // the newest there was
		since time.Time // when it was found that the poller has not seen it
	}

	polling sync.WaitGroup
}

// Topics that are no ids.
const (
	mailTopic     = "mail"     // the outbox
	restoredTopic = "restored" // all: a backup was put in the database's place
)

// TopicInstallation is the topic of what site admins see beyond single
// organizations: which users and organizations there are.
const TopicInstallation = "installation"

// TopicSignIn is the topic of who may sign in no more: a key was removed, or an
// account suspended or deleted.
const TopicSignIn = "sign-in"

// Subscription is one listener. C has room for one signal; signals that find
// it full are dropped, since one is enough to query again.
type Subscription struct {
	C      <-chan struct{}
	c      chan struct{}
	feed   *feed
	topics []string
}

func newFeed(s *Store) *feed {
	return &feed{s: s, subs: map[string]map[*Subscription]bool{}, own: map[string]int64{}}
}

// Subscribe listens to topics: ids of organizations and users. Who may see
// what is decided by the queries that follow a signal, not here. Close it.
func (s *Store) Subscribe(topics ...string) *Subscription {
	c := make(chan struct{}, 1)
	sub := &Subscription{C: c, c: c, feed: s.feed}
	f := s.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set(sub, topics)
	f.count++
	if f.count == 1 && !f.closed {
		ctx, cancel := context.WithCancel(context.Background())
		f.cancel = cancel
		// Before Subscribe returns, so that no change falls between what the
		// subscriber reads next and what the poller starts from. Failing that,
		// the poller starts from the beginning and signals once too often.
		var seq int64
		if err := f.s.db.Row(ctx, newestMark).Scan(&seq); err != nil {
			f.s.log.Warn("cannot read the change feed", "err", err)
		}
		f.polled = seq
		f.polling.Go(func() { f.poll(ctx, seq) })
	}
	return sub
}

// SetTopics replaces what the subscription listens to.
func (sub *Subscription) SetTopics(topics ...string) {
	sub.feed.mu.Lock()
	defer sub.feed.mu.Unlock()
	if sub.c != nil {
		sub.feed.set(sub, topics)
	}
}

// Close ends the subscription. C stays open and silent.
func (sub *Subscription) Close() {
	f := sub.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if sub.c == nil {
		return
	}
	f.set(sub, nil)
	sub.c = nil
	f.count--
	if f.count == 0 && f.cancel != nil {
		f.cancel()
		f.cancel = nil
	}
}

func (f *feed) set(sub *Subscription, topics []string) {
	for _, t := range sub.topics {
		delete(f.subs[t], sub)
		if len(f.subs[t]) == 0 {
			delete(f.subs, t)
		}
	}
	sub.topics = slices.Clone(topics)
	for _, t := range topics {
		if f.subs[t] == nil {
			f.subs[t] = map[*Subscription]bool{}
		}
		f.subs[t][sub] = true
	}
}

// committed signals what a transaction of this process has changed.
func (f *feed) committed(marks map[string]int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for topic, seq := range marks {
		if f.count > 0 {
			f.own[topic] = max(f.own[topic], seq)
		}
		f.signal(topic)
	}
}

// seen signals what the poller found, but for marks that committed has
// signalled already.
func (f *feed) seen(marks map[string]int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for topic, seq := range marks {
		if f.own[topic] < seq {
			f.signal(topic)
		}
		if f.own[topic] <= seq {
			delete(f.own, topic)
		}
	}
}

// turnedBack signals everything: the marks of a backup that was put in the
// database's place say nothing about what differs from before.
func (f *feed) turnedBack() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.own)
	for topic := range f.subs {
		f.signal(topic)
	}
}

func (f *feed) signal(topic string) {
	for sub := range f.subs[topic] {
		select {
		case sub.c <- struct{}{}:
		default:
		}
	}
}

const newestMark = "SELECT coalesce(max(seq), 0) FROM changes"

// poll looks for writes of other processes until ctx ends.
func (f *feed) poll(ctx context.Context, seq int64) {
	look := func(ctx context.Context) (err error) {
		seq, err = f.catchUp(ctx, seq)
		return err
	}
	f.s.db.Watch(ctx, f.s.db, look, func(err error) {
		f.s.log.Warn("cannot look for changes of other processes", "err", err)
	})
}

// catchUp signals the topics that were marked after seq and gives the newest
// mark.
func (f *feed) catchUp(ctx context.Context, seq int64) (int64, error) {
	rows, err := f.s.db.Query(ctx, "SELECT topic, seq FROM changes WHERE seq > $1", seq)
	if err != nil {
		return seq, err
	}
	defer rows.Close()
	marks, newest := map[string]int64{}, seq
	for rows.Next() {
		var topic string
		var n int64
		if err := rows.Scan(&topic, &n); err != nil {
			return seq, err
		}
		marks[topic] = n
		newest = max(newest, n)
	}
	if err := rows.Err(); err != nil {
		return seq, err
	}
	if marks[restoredTopic] > 0 {
		f.turnedBack()
	} else {
		f.seen(marks)
	}
	f.mu.Lock()
	f.polled = newest
	f.mu.Unlock()
	return newest, nil
}

// FeedLag is for how long there have been changes that this process has not heard of,
// as far as it was asked before: 0 where there are none, or where nobody listens. It is
// well below a second unless the feed stands still.
func (s *Store) FeedLag(ctx context.Context) (time.Duration, error) {
	var newest int64
	if err := s.db.Row(ctx, newestMark).Scan(&newest); err != nil {
		return 0, s.dataError(err)
	}
	f, now := s.feed, s.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == 0 || f.polled >= newest {
		f.behind.since = time.Time{}
		return 0, nil
	}
	if f.behind.since.IsZero() || f.polled >= f.behind.mark {
		f.behind.mark, f.behind.since = newest, now
	}
	return now.Sub(f.behind.since), nil
}

func (f *feed) close() {
	f.mu.Lock()
	f.closed = true
	if f.cancel != nil {
		f.cancel()
		f.cancel = nil
	}
	f.mu.Unlock()
	f.polling.Wait()
}
