package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"muster/models"
	"muster/store"
)

// keys measures single keys in one session.
func (b *bench) keys(ctx context.Context) error {
	p, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	for _, size := range [][2]int{{80, 24}, {140, 40}} {
		s, err := open(p.addr, b.world.people[0], size[0], size[1], true)
		if err != nil {
			return err
		}
		if _, _, _, err = s.frame(); err != nil {
			return err
		}
		var took []time.Duration
		var moves, pages []int
		for i := range 200 {
			key := "j"
			if i%16 >= 8 { // stay within the screen
				key = "k"
			}
			time.Sleep(rand.N(10 * time.Millisecond)) // meet a ticker at every phase
			d, n, err := s.press(key)
			if err != nil {
				return fmt.Errorf("key %s, number %d: %w", key, i, err)
			}
			took, moves = append(took, d), append(moves, n)
		}
		for i := range 12 {
			_, n, err := s.press("\x1b[6~")
			if err != nil {
				return fmt.Errorf("page down, number %d: %w", i, err)
			}
			pages = append(pages, n)
		}
		s.close()
		name := fmt.Sprintf(" at %d×%d", size[0], size[1])
		figure(b.report, "key to frame over SSH"+name+", p50", quantile(took, 0.5), 800*time.Microsecond, millis, "")
		figure(b.report, "key to frame over SSH"+name+", p95", quantile(took, 0.95), 1500*time.Microsecond, millis, "")
		figure(b.report, "bytes of a cursor move"+name+", p50", quantile(moves, 0.5), 200, bytesOf, "")
		figure(b.report, "bytes of a page"+name+", p50", quantile(pages, 0.5), 3000, bytesOf, "")
	}
	return nil
}

// firstFrames measures from the start of the connection. The first frame ends
// when the rows are there: a terminal's answer about its background may bring
// other colours after it.
func (b *bench) firstFrames(ctx context.Context) error {
	p, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	bare, err := b.reference(ctx)
	if err != nil {
		return err
	}
	defer bare.stop()
	var took, least, all []time.Duration
	var sizes, total []int
	for i := range 40 {
		s, err := open(p.addr, b.world.people[i%20], 80, 24, true)
		if err != nil {
			return err
		}
		_, last, data, err := s.frame()
		s.close()
		if err != nil {
			return err
		}
		if s.rows.IsZero() {
			return fmt.Errorf("the first frame has no members")
		}
		took, all = append(took, s.rows.Sub(s.begin)), append(all, last.Sub(s.begin))
		sizes, total = append(sizes, s.until), append(total, len(data))
		if s, err = open(bare.addr, b.world.people[0], 80, 24, true); err != nil {
			return err
		}
		first, _, _, err := s.frame()
		s.close()
		if err != nil {
			return err
		}
		least = append(least, first.Sub(s.begin))
	}
	figure(b.report, "connect to first frame, p50", quantile(took, 0.5), 6*time.Millisecond, millis, "a bare server's first line "+millis(quantile(least, 0.5)))
	figure(b.report, "connect to first frame, p95", quantile(took, 0.95), 10*time.Millisecond, millis, "a bare server's first line "+millis(quantile(least, 0.95)))
	figure(b.report, "  bytes of the first frame", quantile(sizes, 0.5), 4000, bytesOf, "")
	b.report.fact("  until the screen rests, p50", millis(quantile(all, 0.5)), fmt.Sprintf("%d B with the colours for the background", quantile(total, 0.5)))
	return nil
}

// seen measures how long a change takes to another one's screen.
func (b *bench) seen(ctx context.Context) error {
	p, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	var screens [2]*terminal
	for i := range screens {
		// Two that may decide: the owner twice.
		if screens[i], err = open(p.addr, b.world.people[0], 80, 24, true); err != nil {
			return err
		}
		defer screens[i].close()
		if _, _, _, err = screens[i].frame(); err != nil {
			return err
		}
		if _, _, err = screens[i].press("3"); err != nil {
			return err
		}
	}
	var near, far []time.Duration
	for range 20 {
		begin := time.Now()
		screens[0].send([]byte("a"))
		first, _, _, err := screens[1].frame()
		if err != nil {
			return err
		}
		near = append(near, first.Sub(begin))
		if _, _, _, err = screens[0].frame(); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond) // past what is seen together
	}
	st, err := store.Open(ctx, store.Options{Dir: b.world.dir})
	if err != nil {
		return err
	}
	defer st.Close()
	page, err := st.ListInvitations(ctx, b.world.actor(), b.world.org, models.InvitationQuery{States: []models.InvitationState{models.StateRequested}, Limit: 20})
	if err != nil {
		return err
	}
	for _, i := range page.Items {
		time.Sleep(rand.N(200 * time.Millisecond)) // meet the poll at every phase
		if _, err = st.RejectInvitation(ctx, b.world.actor(), b.world.org, i.ID, ""); err != nil {
			return err
		}
		begin := time.Now()
		first, _, _, err := screens[1].frame()
		if err != nil {
			return err
		}
		far = append(far, first.Sub(begin))
	}
	figure(b.report, "a key's change on another screen, one process, p95", quantile(near, 0.95), 20*time.Millisecond, millis, "p50 "+millis(quantile(near, 0.5)))
	figure(b.report, "a change on a screen of another process, p95", quantile(far, 0.95), 500*time.Millisecond, millis, "p50 "+millis(quantile(far, 0.5)))
	return nil
}

// logins compares the processor time of connections with a bare server.
func (b *bench) logins(ctx context.Context) error {
	p, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	bare, err := b.reference(ctx)
	if err != nil {
		return err
	}
	defer bare.stop()
	const rounds, each = 6, 60
	kinds := []struct {
		name, command string
		bound         float64
	}{
		{"a login", "", 1.2}, {"a command (whoami)", "whoami", 1.5}, {"a command (member list --limit 50 --json)", "member list --limit 50 --json", 1.5},
	}
	for _, k := range kinds {
		var mine, least time.Duration
		for round := range rounds + 1 {
			// The first round warms both up.
			a, err := cpuOf(p, b.world.people, round*each, each, k.command)
			if err != nil {
				return err
			}
			c, err := cpuOf(bare, b.world.people, round*each, each, k.command)
			if err != nil {
				return err
			}
			if round > 0 {
				mine, least = mine+a, least+c
			}
		}
		n := time.Duration(rounds * each)
		figure(b.report, "server CPU of "+k.name+", against bare", float64(mine)/float64(least), k.bound, times,
			fmt.Sprintf("%s against %s", millis(mine/n), millis(least/n)))
	}
	return nil
}

// cpuOf is what a server spends on n connections of different people.
func cpuOf(p *process, people []person, from, n int, command string) (time.Duration, error) {
	before, err := p.cpu()
	if err != nil {
		return 0, err
	}
	for i := range n {
		c, err := dial(p.addr, people[(from+i)%len(people)], "acme")
		if err != nil {
			return 0, err
		}
		if command != "" {
			err = exec1(c, command)
		}
		_ = c.Close()
		if err != nil {
			return 0, err
		}
	}
	after, err := p.cpu()
	return after - before, err
}

func exec1(c *gossh.Client, command string) error {
	s, err := c.NewSession()
	if err != nil {
		return err
	}
	return s.Run(command)
}

// crowd opens sessions of different people, some at a time as the server's
// limit on handshakes from one address wants it.
func (b *bench) crowd(p *process, n, w, h int) ([]*terminal, error) {
	all := make([]*terminal, n)
	errs := make(chan error, 8)
	next := make(chan int)
	var wg sync.WaitGroup
	for range cap(errs) {
		wg.Go(func() {
			for i := range next {
				s, err := open(p.addr, b.world.people[i%len(b.world.people)], w, h, false)
				if err != nil {
					select {
					case errs <- err:
					default:
					}
					continue
				}
				all[i] = s
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	select {
	case err := <-errs:
		closeAll(all)
		return nil, err
	default:
		return all, nil
	}
}

func closeAll(all []*terminal) {
	for _, s := range all {
		if s != nil {
			s.close()
		}
	}
}

// settled waits until the sessions get nothing more.
func settled(all []*terminal) {
	for before := int64(-1); ; {
		time.Sleep(time.Second)
		now := received(all)
		if now == before {
			return
		}
		before = now
	}
}

func received(all []*terminal) (n int64) {
	for _, s := range all {
		n += s.bytes.Load()
	}
	return n
}

// memory measures idle sessions in fresh servers.
func (b *bench) memory(ctx context.Context) error {
	for _, size := range []struct{ w, h, bound int }{{80, 24, 200 << 10}, {200, 50, 260 << 10}} {
		if err := b.memoryAt(ctx, size.w, size.h, size.bound); err != nil {
			return err
		}
	}
	return nil
}

// rested is how long a server has to give back what work has taken.
const rested = 8 * time.Second

func (b *bench) memoryAt(ctx context.Context, w, h, bound int) error {
	p, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	// One session first: what it loads stays, however many come.
	warm, err := b.crowd(p, 1, w, h)
	if err != nil {
		return err
	}
	settled(warm)
	closeAll(warm)
	empty, err := p.memory()
	if err != nil {
		return err
	}
	all, err := b.crowd(p, b.sessions, w, h)
	if err != nil {
		return err
	}
	defer func() { closeAll(all) }()
	settled(all)
	time.Sleep(rested)
	full, err := p.memory()
	if err != nil {
		return err
	}
	note := fmt.Sprintf("%d sessions, empty server %s", b.sessions, kib(empty))
	figure(b.report, fmt.Sprintf("memory of an idle session at %d×%d", w, h), (full-empty)/b.sessions, bound, kib, note)
	if w != 80 {
		return nil
	}
	const idle = 10 * time.Second
	bytes, busy := received(all), time.Duration(0)
	if busy, err = p.cpu(); err != nil {
		return err
	}
	time.Sleep(idle)
	after, err := p.cpu()
	if err != nil {
		return err
	}
	figure(b.report, fmt.Sprintf("idle CPU, %d sessions, of one core", b.sessions), float64(after-busy)/float64(idle), 0.03, percent, "")
	figure(b.report, "bytes nobody asked for, in all", int(received(all)-bytes), 0, bytesOf, "")
	closeAll(all)
	all = nil
	time.Sleep(rested)
	first, err := p.memory()
	if err != nil {
		return err
	}
	for range 2 {
		more, err := b.crowd(p, b.sessions, w, h)
		if err != nil {
			return err
		}
		settled(more)
		closeAll(more)
	}
	time.Sleep(rested)
	last, err := p.memory()
	if err != nil {
		return err
	}
	b.report.fact("memory once they have gone", kib(first), "what the runtime keeps for the next ones included")
	figure(b.report, fmt.Sprintf("  the same after %d more came and went, against that", 2*b.sessions), float64(last)/float64(first), 1.1, times, kib(last))
	return nil
}

// load measures keys while many sessions press two a second.
func (b *bench) load(ctx context.Context) error {
	p, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	all, err := b.crowd(p, b.sessions, 80, 24)
	if err != nil {
		return err
	}
	defer closeAll(all)
	settled(all)
	const length, gap = 10 * time.Second, 500 * time.Millisecond
	before, err := p.cpu()
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	begin := time.Now()
	for i, s := range all {
		wg.Go(func() {
			mine := s.presses(begin.Add(gap*time.Duration(i)/time.Duration(len(all))), gap, int(length/gap))
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
		})
	}
	wg.Wait()
	after, err := p.cpu()
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%d sessions × 2 keys/s", b.sessions)
	lost := b.sessions*int(length/gap) - len(took)
	figure(b.report, name+": key to frame, p95", quantile(took, 0.95), 4*time.Millisecond, millis, fmt.Sprintf("p50 %s, %d without a frame in time", millis(quantile(took, 0.5)), lost))
	figure(b.report, name+": server CPU, of one core", float64(after-before)/float64(time.Since(begin)), 0.6, percent, "")
	return nil
}

// presses presses a key every gap and gives how long the first bytes took, from
// when the key was due, so that a late press counts, too.
func (s *terminal) presses(begin time.Time, gap time.Duration, n int) []time.Duration {
	took := make([]time.Duration, 0, n)
	first := make(chan time.Time, 1)
	s.onBytes.Store(&first)
	defer s.onBytes.Store(nil)
	for i := range n {
		due := begin.Add(time.Duration(i) * gap)
		time.Sleep(time.Until(due))
		select { // what came late belongs to no key
		case <-first:
		default:
		}
		s.send([]byte{"jk"[i%2]})
		select {
		case at := <-first:
			took = append(took, at.Sub(due))
		case <-time.After(time.Until(due.Add(gap))):
		}
	}
	return took
}
