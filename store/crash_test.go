package store_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// paced makes the writer wait for a byte before each round of changes, and say
// when one is over.
const paced = "STORE_TEST_PACED"

// doWrite makes changes one after the other and says each that was answered as
// done, until it is killed or its input ends.
func doWrite() int {
	ctx := context.Background()
	s, err := childStore(false)
	if err != nil {
		fmt.Println("open", err)
		return 1
	}
	admin, err := s.FirstAdmin(ctx)
	if err != nil {
		fmt.Println("admin", err)
		return 1
	}
	a := models.Actor{UserID: admin.ID, Via: models.ViaLocal}
	pace := os.Getenv(paced) != ""
	for i := 0; ; i++ {
		if pace {
			if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
				return 0
			}
		}
		email := fmt.Sprintf("p%d-%d@example.com", os.Getpid(), i)
		inv, err := s.CreateInvitation(ctx, a, "ACME", models.NewInvitation{Email: email, Role: models.RoleMember})
		if err != nil {
			fmt.Println("invite", err)
			return 1
		}
		fmt.Println("invited", email)
		switch i % 3 {
		case 0:
			code, err := s.JoinCode(ctx, a, "", inv.ID)
			if err == nil {
				k := key(email)
				_, _, err = s.AcceptCode(ctx, models.Actor{Via: models.ViaSSH, Key: k.Fingerprint}, code, "Somebody", k)
			}
			if err != nil {
				fmt.Println("accept", err)
				return 1
			}
			fmt.Println("joined", email)
		case 1:
			if _, err := s.RevokeInvitation(ctx, a, "ACME", inv.ID); err != nil {
				fmt.Println("revoke", err)
				return 1
			}
			fmt.Println("revoked", email)
		}
		if pace {
			fmt.Println("round")
		}
	}
}

// What was answered as done survives a process that is killed at any moment,
// while another one goes on.
func TestKilledWhileWriting(t *testing.T) {
	t.Parallel()
	w := liveWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.exec("UPDATE organizations SET plan = 'enterprise' WHERE id = $1", acme.ID)
	r := rand.New(rand.NewPCG(7, 7))
	state := map[string]string{"invited": "state_order = 2", "joined": "state_order = 4", "revoked": "state_order = 7"}
	rounds, total := 20, 0
	if underRace {
		rounds = 5
	}
	for round := range rounds {
		p := startChild(t, "write", w.dir)
		// Let it say a few things, then kill it in the middle of something.
		said := []string{p.line()}
		for range r.IntN(12) {
			said = append(said, p.line())
		}
		wait := time.NewTimer(time.Duration(r.IntN(4000)) * time.Microsecond)
		<-wait.C
		if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(p.out)
		if err != nil {
			t.Fatal(err)
		}
		_ = p.cmd.Wait()
		whole := string(rest)
		if i := strings.LastIndexByte(whole, '\n'); i < 0 {
			whole = ""
		} else {
			whole = whole[:i]
		}
		said = append(said, strings.Split(whole, "\n")...)
		last := map[string]string{}
		for _, line := range said {
			if what, email, ok := strings.Cut(line, " "); ok {
				if state[what] == "" {
					t.Fatalf("round %d: %s", round, line)
				}
				last[email] = what
				total++
			}
		}
		for email, what := range last {
			// A change that was made but not yet answered may have followed.
			cond := "state_order >= 2"
			if what != "invited" {
				cond = state[what]
			}
			if n := w.number("SELECT count(*) FROM invitations WHERE email = $1 AND "+cond, email); n != 1 {
				t.Fatalf("round %d: %s was answered as %s and is not", round, email, what)
			}
			if n := w.number("SELECT count(*) FROM memberships m WHERE org_id = $1 AND email = $2", acme.ID, email); what == "joined" && n != 1 {
				t.Fatalf("round %d: %s joined and is no member", round, email)
			}
		}
		if _, err := w.s.ChangeRole(w.ctx, ada, acme.ID, ada.UserID, models.RoleOwner); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if round%5 == 4 {
			w.sound()
		}
	}
	if total < 3*rounds {
		t.Fatalf("only %d changes in all", total)
	}
	if err := w.s.Close(); err != nil {
		t.Fatal(err)
	}
	w.s = w.open()
	w.sound()
}

// doLimited works under a bound on the size of files, which is what a full disk
// is to SQLite, until it is lifted.
func doLimited() int {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: os.Getenv("STORE_TEST_DIR")})
	if err != nil {
		fmt.Println("open", err)
		return 1
	}
	defer s.Close()
	admin, err := s.FirstAdmin(ctx)
	if err != nil {
		fmt.Println("admin", err)
		return 1
	}
	a := models.Actor{UserID: admin.ID, Via: models.ViaLocal}
	done := 0
	write := func() error {
		_, err := s.CreateInvitation(ctx, a, "ACME", models.NewInvitation{Email: fmt.Sprintf("n%d@example.com", done), Role: models.RoleMember, Message: strings.Repeat("long ", 400)})
		if err == nil {
			done++
		}
		return err
	}
	if err := write(); err != nil {
		fmt.Println("before", err)
		return 1
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		fmt.Println("limit", err)
		return 1
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 512 << 10, Max: old.Max}); err != nil {
		fmt.Println("limit", err)
		return 1
	}
	var full error
	for range 2000 {
		if full = write(); full != nil {
			break
		}
	}
	fmt.Println("full", models.CodeOf(full), full)
	// Reading goes on, as does being refused for other reasons.
	page, err := s.ListInvitations(ctx, a, "ACME", models.InvitationQuery{Limit: 1})
	if err != nil || page.Total != done {
		fmt.Println("reading", page.Total, done, err)
		return 1
	}
	if err := write(); err == nil || models.CodeOf(err) != models.CodeOf(full) {
		fmt.Println("again", err)
		return 1
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		fmt.Println("limit", err)
		return 1
	}
	if err := write(); err != nil {
		fmt.Println("after", err)
		return 1
	}
	fmt.Println("recovered", done)
	return 0
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	w := liveWorld(t)
	acme := w.acme(w.ada())
	w.exec("UPDATE organizations SET plan = 'enterprise' WHERE id = $1", acme.ID)
	if err := w.s.Close(); err != nil {
		t.Fatal(err)
	}
	p := startChild(t, "limit", w.dir)
	if got := p.line(); !strings.HasPrefix(got, "full internal the d") {
		t.Fatalf("the error is %q", got)
	}
	var done int64
	if got := p.line(); !strings.HasPrefix(got, "recovered ") {
		t.Fatalf("says %q", got)
	} else if _, err := fmt.Sscanf(got, "recovered %d", &done); err != nil {
		t.Fatal(err)
	}
	w.s = w.open()
	if n := w.number("SELECT count(*) FROM invitations"); n != done {
		t.Errorf("%d invitations, %d were answered as done", n, done)
	}
	w.sound()
}
