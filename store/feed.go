package store

import (
	"context"
	"sync"
	"time"
)

// pollEvery is how often a process looks whether another one wrote. Asking
// costs microseconds, and nobody asks while nobody listens.
const pollEvery = 200 * time.Millisecond

// pollTimeout bounds one look, for a disk that hangs.
const pollTimeout = 5 * time.Second

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
	done   chan struct{}
	closed bool
}

// mailTopic is the topic of the outbox.
const mailTopic = "mail"

// TopicInstallation is the topic of what site admins see beyond single
// organizations: which users and organizations there are.
const TopicInstallation = "installation"

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
		f.cancel, f.done = cancel, make(chan struct{})
		// Before Subscribe returns, so that no change falls between what the
		// subscriber reads next and what the poller starts from.
		_, seq, err := f.changed(ctx, -1)
		if err != nil {
			f.s.log.Warn("cannot read the change feed", "err", err)
		}
		go f.poll(ctx, f.done, seq)
	}
	return sub
}

// SetTopics replaces what the subscription listens to.
func (sub *Subscription) SetTopics(topics ...string) {
	sub.feed.mu.Lock()
	defer sub.feed.mu.Unlock()
	sub.feed.set(sub, topics)
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
	sub.topics = topics
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
		} else if f.own[topic] == seq {
			delete(f.own, topic)
		}
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

// poll looks for writes of other processes until ctx ends.
func (f *feed) poll(ctx context.Context, done chan struct{}, seq int64) {
	defer close(done)
	conn, err := f.s.reader.Conn(ctx)
	if err != nil {
		return
	}
	defer conn.Close()
	version := int64(-1)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		look, cancel := context.WithTimeout(ctx, pollTimeout)
		v, err := dataVersion(look, conn)
		if err == nil && v != version {
			var marks map[string]int64
			if marks, seq, err = f.changed(look, seq); err == nil {
				version = v
				f.seen(marks)
			}
		}
		cancel()
		if err != nil && ctx.Err() == nil {
			f.s.log.Warn("cannot look for changes of other processes", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// changed gives the topics that were marked after seq with their marks, and the
// newest mark. A negative seq only asks where the marks stand.
func (f *feed) changed(ctx context.Context, seq int64) (map[string]int64, int64, error) {
	if seq < 0 {
		err := f.s.reader.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) FROM changes").Scan(&seq)
		return nil, seq, err
	}
	rows, err := f.s.reader.QueryContext(ctx, "SELECT topic, seq FROM changes WHERE seq > $1", seq)
	if err != nil {
		return nil, seq, err
	}
	defer rows.Close()
	marks, newest := map[string]int64{}, seq
	for rows.Next() {
		var topic string
		var n int64
		if err := rows.Scan(&topic, &n); err != nil {
			return nil, seq, err
		}
		marks[topic] = n
		newest = max(newest, n)
	}
	return marks, newest, rows.Err()
}

func (f *feed) close() {
	f.mu.Lock()
	f.closed = true
	cancel, done := f.cancel, f.done
	f.cancel = nil
	f.mu.Unlock()
	if cancel != nil {
		cancel()
		<-done
	}
}
