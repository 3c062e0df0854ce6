package store_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// A task is what another process does: one line of JSON in, one line out.
type task struct {
	Op    string
	Actor models.Actor
	Org   string
	ID    string
	Ref   string
	Role  models.Role
	Times int
	Name  string
	Key   models.PublicKey
}

type answer struct {
	Code    models.Code
	Message string
}

// children are what this test binary does as another process.
var children = map[string]func() int{
	"tasks":  doTasks,
	"orders": doOrders,
	"init":   doInit,
	"write":  doWrite,
	"limit":  doLimited,
	"once":   doWriteOnce,
}

func childStore(create bool) (*store.Store, error) {
	return store.Open(context.Background(), store.Options{Dir: os.Getenv("STORE_TEST_DIR"), Create: create})
}

// doTasks opens the store, says so, and answers tasks until its input ends.
func doTasks() int {
	ctx := context.Background()
	s, err := childStore(false)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer s.Close()
	fmt.Println("ready")
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var x task
		if err := in.Decode(&x); err != nil {
			return 0
		}
		answers := make([]answer, max(x.Times, 1))
		var group sync.WaitGroup
		for i := range answers {
			group.Go(func() {
				err := x.run(ctx, s, i)
				answers[i].Code = models.CodeOf(err)
				if err != nil {
					answers[i].Message = err.Error()
				}
			})
		}
		group.Wait()
		if err := out.Encode(answers); err != nil {
			return 1
		}
	}
}

func (x task) run(ctx context.Context, s *store.Store, i int) (err error) {
	switch x.Op {
	case "accept":
		_, _, err = s.AcceptCode(ctx, models.Actor{Via: models.ViaSSH, Key: x.Key.Fingerprint}, x.ID, x.Name, x.Key)
	case "role":
		_, err = s.ChangeRole(ctx, x.Actor, x.Org, x.Ref, x.Role)
	case "leave":
		err = s.Leave(ctx, x.Actor, x.Org)
	case "approve":
		_, err = s.ApproveInvitation(ctx, x.Actor, x.Org, x.ID, "")
	case "invite":
		_, err = s.CreateInvitation(ctx, x.Actor, x.Org, models.NewInvitation{Email: fmt.Sprintf("%s%d@example.com", x.Ref, i), Role: models.RoleMember})
	case "resend":
		_, err = s.ResendInvitation(ctx, x.Actor, x.Org, x.ID)
	case "org":
		_, err = s.CreateOrganization(ctx, x.Actor, store.NewOrganization{Name: "Same", Code: x.Ref})
	default:
		err = errors.New("no such task")
	}
	return err
}

// doInit creates the database and its first user, like the others at once.
func doInit() int {
	_, _ = io.ReadAll(os.Stdin) // all start when it ends
	s, err := childStore(true)
	if err != nil {
		fmt.Println("open", err)
		return 1
	}
	defer s.Close()
	k := key(fmt.Sprint(os.Getpid()))
	_, err = s.Init(context.Background(), store.NewUser{Name: "First", Email: fmt.Sprintf("first%d@example.com", os.Getpid()), Key: &k})
	fmt.Println(models.CodeOf(err))
	return 0
}

// process is another process of muster on the same directory.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startChild(t *testing.T, what, dir string, how ...func(*exec.Cmd)) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), child+"="+what, "STORE_TEST_DIR="+dir)
	for _, f := range how {
		f(p.cmd)
	}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	return p
}

func (p *process) line() string {
	p.t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.t.Fatalf("the other process ended: %v", err)
	}
	return strings.TrimSpace(line)
}

// workers starts n processes that wait for tasks.
func workers(t *testing.T, dir string, n int) []*process {
	t.Helper()
	ps := make([]*process, n)
	for i := range ps {
		ps[i] = startChild(t, "tasks", dir)
	}
	for _, p := range ps {
		if got := p.line(); got != "ready" {
			t.Fatalf("the other process says %q", got)
		}
	}
	return ps
}

// race gives each process its task at the same moment and collects the answers.
func race(t *testing.T, ps []*process, tasks ...task) [][]answer {
	t.Helper()
	for i, x := range tasks {
		b, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ps[i].in.Write(append(b, '\n')); err != nil {
			t.Fatal(err)
		}
	}
	out := make([][]answer, len(tasks))
	for i := range tasks {
		if err := json.Unmarshal([]byte(ps[i].line()), &out[i]); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// tally counts answers by their code.
func tally(answers [][]answer) map[models.Code]int {
	n := map[models.Code]int{}
	for _, as := range answers {
		for _, a := range as {
			n[a.Code]++
		}
	}
	return n
}

// liveWorld is a world whose clock is the machine's, as its other processes
// have.
func liveWorld(t *testing.T) *world {
	w := newWorld(t)
	w.clock.Advance(time.Since(start))
	return w
}

func TestOneCodeAcceptedByManyAtOnce(t *testing.T) {
	t.Parallel()
	w := liveWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	inv := must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "bob@example.com"}))
	code := must[string](t)(w.s.JoinCode(w.ctx, ada, "", inv.ID))
	x := task{Op: "accept", ID: code, Name: "Bob", Key: key("bob"), Times: 17}
	got := tally(race(t, workers(t, w.dir, 3), x, x, x))
	if got[""] != 1 || got[models.CodeGone] != 50 || len(got) != 2 {
		t.Errorf("answers: %v", got)
	}
	if n := w.number("SELECT count(*) FROM memberships WHERE email = 'bob@example.com' AND org_id = $1", acme.ID); n != 1 {
		t.Errorf("%d memberships", n)
	}
	if n := w.number("SELECT count(*) FROM audit WHERE action = 'invitation.accept' AND outcome = 'done'"); n != 1 {
		t.Errorf("%d acceptances in the log", n)
	}
	w.sound()
}

// The same code with different new keys makes one account.
func TestOneCodeManyKeys(t *testing.T) {
	t.Parallel()
	w := liveWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	inv := must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: "bob@example.com"}))
	code := must[string](t)(w.s.JoinCode(w.ctx, ada, "", inv.ID))
	var tasks []task
	for i := range 3 {
		tasks = append(tasks, task{Op: "accept", ID: code, Name: "Bob", Key: key(fmt.Sprint("bob", i)), Times: 5})
	}
	if got := tally(race(t, workers(t, w.dir, 3), tasks...)); got[""] != 1 {
		t.Errorf("answers: %v", got)
	}
	if n := w.number("SELECT count(*) FROM users"); n != 2 {
		t.Errorf("%d users", n)
	}
	w.sound()
}

func TestTwoOwnersDemoteEachOther(t *testing.T) {
	t.Parallel()
	w := liveWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	a := w.join(ada, acme.ID, "a@example.com", models.RoleOwner)
	b := w.join(ada, acme.ID, "b@example.com", models.RoleOwner)
	if err := w.s.Leave(w.ctx, ada, acme.ID); err != nil {
		t.Fatal(err)
	}
	ps := workers(t, w.dir, 2)
	for round := range 25 {
		got := race(t, ps, task{Op: "role", Actor: a, Org: acme.ID, Ref: b.UserID, Role: models.RoleMember}, task{Op: "role", Actor: b, Org: acme.ID, Ref: a.UserID, Role: models.RoleMember})
		if n := tally(got); n[""] != 1 || n[models.CodeDenied] != 1 {
			t.Fatalf("round %d: %v", round, got)
		}
		if n := w.number("SELECT count(*) FROM memberships WHERE org_id = $1 AND role_order = 1 AND status = 'active'", acme.ID); n != 1 {
			t.Fatalf("round %d: %d owners", round, n)
		}
		winner, loser := a, b
		if got[1][0].Code == "" {
			winner, loser = b, a
		}
		if _, err := w.s.ChangeRole(w.ctx, winner, acme.ID, loser.UserID, models.RoleOwner); err != nil {
			t.Fatal(err)
		}
		// Each lowers themselves: the second one is the last owner.
		got = race(t, ps, task{Op: "role", Actor: a, Org: acme.ID, Ref: a.UserID, Role: models.RoleViewer}, task{Op: "role", Actor: b, Org: acme.ID, Ref: b.UserID, Role: models.RoleViewer})
		if n := tally(got); n[""] != 1 || n[models.CodeConflict] != 1 {
			t.Fatalf("round %d, themselves: %v", round, got)
		}
		winner, loser = a, b
		if got[0][0].Code == "" {
			winner, loser = b, a
		}
		if _, err := w.s.ChangeRole(w.ctx, winner, acme.ID, loser.UserID, models.RoleOwner); err != nil {
			t.Fatal(err)
		}
	}
	got := race(t, ps, task{Op: "leave", Actor: a, Org: acme.ID}, task{Op: "leave", Actor: b, Org: acme.ID})
	if n := tally(got); n[""] != 1 || n[models.CodeConflict] != 1 {
		t.Errorf("both leave: %v", got)
	}
	w.sound()
}

func TestSeatsAreNeverOverbooked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	w.set(ada, acme.ID, models.SetInvite, string(models.PolicyMembers))
	mel := w.join(ada, acme.ID, "mel@example.com", models.RoleMember)
	// Ten that ran out, ten requests, and seven free seats of fifty.
	var expired, requests []string
	for i := range 10 {
		expired = append(expired, must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: fmt.Sprintf("exp%d@example.com", i), TTL: time.Minute})).ID)
	}
	w.clock.Advance(time.Since(start))
	w.set(ada, acme.ID, models.SetInvite, string(models.PolicyApproval), models.SetExpiry, "30d")
	for i := range 10 {
		requests = append(requests, must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, mel, acme.ID, models.NewInvitation{Email: fmt.Sprintf("req%d@example.com", i)})).ID)
	}
	for i := range 41 {
		if _, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: fmt.Sprintf("sure%d@example.com", i)}); err != nil {
			t.Fatal(err)
		}
	}
	ps := workers(t, w.dir, 3)
	done := 0
	for i := range 10 {
		for _, as := range race(t, ps,
			task{Op: "resend", Actor: ada, Org: acme.ID, ID: expired[i]},
			task{Op: "approve", Actor: ada, Org: acme.ID, ID: requests[i]},
			task{Op: "invite", Actor: ada, Org: acme.ID, Ref: fmt.Sprintf("new%d-", i), Times: 3}) {
			for _, a := range as {
				switch a.Code {
				case "":
					done++
				case models.CodeLimit:
				default:
					t.Errorf("round %d: %+v", i, a)
				}
			}
		}
	}
	if done != 7 {
		t.Errorf("%d got a seat, 7 were free", done)
	}
	w.sound()
}

func TestTwoDecideOneRequest(t *testing.T) {
	t.Parallel()
	w := liveWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleAdmin)
	mel := w.join(ada, acme.ID, "mel@example.com", models.RoleMember)
	ps := workers(t, w.dir, 2)
	for round := range 15 {
		req := must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, mel, acme.ID, models.NewInvitation{Email: fmt.Sprintf("dee%d@example.com", round)}))
		got := race(t, ps, task{Op: "approve", Actor: ada, Org: acme.ID, ID: req.ID}, task{Op: "approve", Actor: bob, Org: acme.ID, ID: req.ID})
		if n := tally(got); n[""] != 1 || n[models.CodeConflict] != 1 {
			t.Fatalf("round %d: %v", round, got)
		}
		by, told := "ada@example.com", got[1][0].Message
		if got[1][0].Code == "" {
			by, told = "bob@example.com", got[0][0].Message
		}
		if want := fmt.Sprintf("the invitation of %s is already approved by %s", req.Email, by); told != want {
			t.Errorf("round %d: told %q, want %q", round, told, want)
		}
	}
	w.sound()
}

func TestOneOrganizationCodeAtOnce(t *testing.T) {
	t.Parallel()
	w := liveWorld(t)
	ada := w.ada()
	ps := workers(t, w.dir, 3)
	for round := range 10 {
		var tasks []task
		for _, code := range []string{"SAME", "same", "Same"} {
			tasks = append(tasks, task{Op: "org", Actor: ada, Ref: fmt.Sprintf("%s-%d", code, round), Times: 2})
		}
		if n := tally(race(t, ps, tasks...)); n[""] != 1 || n[models.CodeConflict] != 5 {
			t.Fatalf("round %d: %v", round, n)
		}
	}
	w.sound()
}

// Many first runs at once make one database with one first user.
func TestFirstRunsAtOnce(t *testing.T) {
	t.Parallel()
	for range 4 {
		dir := t.TempDir() + "/data"
		var ps []*process
		for range 3 {
			ps = append(ps, startChild(t, "init", dir))
		}
		for _, p := range ps {
			_ = p.in.Close()
		}
		got := map[string]int{}
		for _, p := range ps {
			got[p.line()]++
		}
		if got[""] != 1 || got[string(models.CodeConflict)] != 2 {
			t.Fatalf("answers: %v", got)
		}
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasPrefix(f.Name(), ".new") {
				t.Errorf("%s is left", f.Name())
			}
		}
		db := raw(t, dir)
		if n := texts(t, db, "SELECT count(*) FROM users"); n[0] != "1" {
			t.Errorf("%s users", n[0])
		}
		sound(t, db, time.Now(), nil)
	}
}
