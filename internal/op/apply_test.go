package op_test

import (
	"context"
	"reflect"
	"testing"

	"muster/internal/op"
	"muster/internal/tools/fresh"
	"muster/models"
	"muster/store"
)

// wanted is a file with a step of every kind that others depend on.
const wanted = `organization: ACME
settings:
  general.description: as the file says
roles:
  - name: Auditor
    permissions: [audit.read]
workspaces:
  - name: General
  - name: Lab
    description: where it is tried
    open: viewer
members:
  - email: ada@example.com
  - email: bob@example.com
    role: Auditor
    workspaces: {Lab: editor}
  - email: dee@example.com
    role: viewer
services:
  - name: robot
    role: viewer
    status: disabled
links:
  - label: course
    role: viewer
`

// applying is an organization that files are applied to.
type applying struct {
	t   *testing.T
	dir string
	s   *store.Store
	ada models.Actor
}

func newApplying(t *testing.T) *applying {
	t.Helper()
	h := &applying{t: t, dir: t.TempDir()}
	fresh.Database(t, h.dir)
	h.open()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	u, err := h.s.Init(t.Context(), store.NewUser{Name: "Ada", Email: "ada@example.com"})
	check(err)
	h.ada = models.Actor{UserID: u.ID, Via: models.ViaLocal}
	v, err := h.s.CreateOrganization(t.Context(), h.ada, store.NewOrganization{Name: "Acme", Code: "ACME"})
	check(err)
	_, err = h.s.SetPlan(t.Context(), h.ada, v.ID, models.PlanVisionary)
	check(err)
	for _, name := range []string{"bob", "cy"} {
		_, _, err := h.s.CreateUser(t.Context(), h.ada, models.NewAccount{Name: name, Email: name + "@example.com", Org: "ACME", Role: models.RoleMember})
		check(err)
	}
	return h
}

// open opens the database, as a new process does.
func (h *applying) open() {
	h.t.Helper()
	if h.s != nil {
		_ = h.s.Close()
	}
	s, err := store.Open(context.Background(), store.Options{Dir: h.dir})
	if err != nil {
		h.t.Fatal(err)
	}
	h.s = s
	h.t.Cleanup(func() { _ = s.Close() })
}

// run applies the file, or lists what that would change. progress is told of each
// step that was made.
func (h *applying) run(name string, fields map[string]any, progress func(done, total int)) (op.Applied, error) {
	h.t.Helper()
	r := op.Find(name)
	in := r.New()
	fields["org"], fields["file"] = "ACME", wanted
	for _, f := range r.Fields {
		v, ok := fields[f.Body]
		if f.Path != "" {
			v, ok = fields[f.Path]
		}
		if ok {
			f.Of(in).Set(reflect.ValueOf(v))
		}
	}
	out, err := r.Run(h.t.Context(), op.Deps{Store: h.s, Progress: progress}, h.ada, in)
	applied, _ := out.(op.Applied)
	return applied, err
}

// TestApplyThatWasKilled holds that a process which ends between any two steps leaves
// what the same file makes whole when it is applied anew, that what was left to do
// is all that is done then, and that the number of the first list is stale by then.
func TestApplyThatWasKilled(t *testing.T) {
	plan, err := newApplying(t).run("organization.plan", map[string]any{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Steps) < 8 || plan.Removals != 1 {
		t.Fatalf("%d steps and %d removals: %+v", len(plan.Steps), plan.Removals, plan.Steps)
	}
	for ended := 1; ended < len(plan.Steps); ended++ {
		h := newApplying(t)
		first, err := h.run("organization.plan", map[string]any{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		type killed struct{}
		func() {
			defer func() {
				if recover() != (killed{}) {
					t.Fatalf("it was not stopped after step %d", ended)
				}
			}()
			_, _ = h.run("organization.apply", map[string]any{"plan": first.Plan, "max_removals": 1}, func(done, _ int) {
				if done == ended {
					panic(killed{})
				}
			})
		}()
		h.open()
		if _, err := h.run("organization.apply", map[string]any{"plan": first.Plan, "max_removals": 1}, nil); models.CodeOf(err) != models.CodeConflict {
			t.Errorf("after step %d the list from before is taken: %v", ended, err)
		}
		if _, err := h.run("organization.apply", map[string]any{}, nil); models.CodeOf(err) != models.CodeLimit {
			t.Errorf("after step %d somebody is removed who may not be: %v", ended, err)
		}
		if _, err := h.run("organization.apply", map[string]any{"max_removals": 1, "min_owners": 2}, nil); models.CodeOf(err) != models.CodeConflict {
			t.Errorf("after step %d fewer owners are left than there must be: %v", ended, err)
		}
		rest, err := h.run("organization.apply", map[string]any{"max_removals": 1}, nil)
		if err != nil || rest.Done != len(rest.Steps) || rest.Done != len(plan.Steps)-ended {
			t.Errorf("after step %d of %d: %d of %d done, %v", ended, len(plan.Steps), rest.Done, len(rest.Steps), err)
		}
		if last, err := h.run("organization.plan", map[string]any{}, nil); err != nil || len(last.Steps) > 0 {
			t.Errorf("after step %d something is left: %+v, %v", ended, last.Steps, err)
		}
	}
}

// TestApplyThatWasKilledInAStep holds the same for the two steps that are more than
// one change: a workspace that is not open yet, and a service account that works yet.
func TestApplyThatWasKilledInAStep(t *testing.T) {
	h := newApplying(t)
	if _, err := h.s.CreateWorkspace(t.Context(), h.ada, "ACME", models.NewWorkspace{Name: "Lab", Description: "where it is tried"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.s.CreateService(t.Context(), h.ada, "ACME", models.NewService{Name: "robot", Role: models.RoleViewer}); err != nil {
		t.Fatal(err)
	}
	if v, err := h.run("organization.apply", map[string]any{"max_removals": 1}, nil); err != nil || v.Done != len(v.Steps) {
		t.Fatalf("%d of %d done, %v", v.Done, len(v.Steps), err)
	}
	if last, err := h.run("organization.plan", map[string]any{}, nil); err != nil || len(last.Steps) > 0 {
		t.Errorf("something is left: %+v, %v", last.Steps, err)
	}
	robot, err := h.s.Service(t.Context(), h.ada, "ACME", "robot")
	if err != nil || robot.Status != models.ServiceDisabled {
		t.Errorf("%+v, %v", robot, err)
	}
}
