package e2e

import (
	"flag"
	"io"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

var greedy = flag.Duration("greedy", 0, "how long TestGreedyScreens goes on, such as 10s; 19 of 20 commands have to take less than 100 ms")

// dial connects with somebody's key, without the ssh program.
func (h *house) dial(who, login string) *gossh.Client {
	h.t.Helper()
	text, err := os.ReadFile(h.path(who))
	must(h.t, err)
	key, err := gossh.ParsePrivateKey(text)
	must(h.t, err)
	c, err := gossh.Dial("tcp", "127.0.0.1:"+h.port, &gossh.ClientConfig{
		User: login, Auth: []gossh.AuthMethod{gossh.PublicKeys(key)}, HostKeyCallback: gossh.InsecureIgnoreHostKey(),
	})
	must(h.t, err)
	h.t.Cleanup(func() { _ = c.Close() })
	return c
}

// One user has 80 of the largest screens and feeds them 2,000 keys a second:
// another's commands are answered as ever. It measures time, so it runs only when
// asked to; sshserver's TestOneUserCostsOthersNothing holds the rule.
func TestGreedyScreens(t *testing.T) {
	if *greedy == 0 {
		t.Skip("measures time: go test ./internal/tools/e2e -run Greedy -greedy 10s")
	}
	h := founded(t)
	h.join("cy", "Cy Twombly", "member")
	stop := make(chan struct{})
	var feeders sync.WaitGroup
	for range 20 {
		c := h.dial("cy", "acme")
		for range 4 {
			s, err := c.NewSession()
			must(t, err)
			in, err := s.StdinPipe()
			must(t, err)
			s.Stdout = io.Discard
			must(t, s.RequestPty("xterm-256color", 200, 500, gossh.TerminalModes{}))
			must(t, s.Shell())
			feeders.Go(func() {
				tick := time.NewTicker(40 * time.Millisecond)
				defer tick.Stop()
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					case <-tick.C:
					}
					if _, err := io.WriteString(in, "jk2345"[i%6:i%6+1]); err != nil {
						return
					}
				}
			})
		}
	}
	defer feeders.Wait()
	defer close(stop)
	<-time.After(time.Second) // the first burst
	ada := h.dial("ada", "acme")
	var took []time.Duration
	for begin := time.Now(); time.Since(begin) < *greedy; {
		at := time.Now()
		s, err := ada.NewSession()
		must(t, err)
		must(t, s.Run("whoami"))
		took = append(took, time.Since(at))
		<-time.After(110 * time.Millisecond)
	}
	slices.Sort(took)
	median, most := took[len(took)/2], took[len(took)*19/20]
	t.Logf("%d commands: median %s, 19 of 20 below %s", len(took), median, most)
	if most > 100*time.Millisecond {
		t.Errorf("another's commands took %s, one of twenty more than %s", median, most)
	}
}
