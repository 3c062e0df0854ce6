package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"muster/models"
)

// The log is the history: what somebody did stands in it with what was before,
// and undone says which entry took which one back. Taking an entry back makes
// another one, so undoing that is doing the first anew.

// step is an entry of the actor's own with its place in the history.
type step struct {
	models.AuditEntry
	depth int64 // odd for an undo
	by    bool  // something took it back
}

// maxSteps bounds how far back the history looks.
const maxSteps = 200

// noteUndone writes down which of the transaction's entries took back what of the
// actor's base.
func (t *tx) noteUndone(ctx context.Context) error {
	if t.actor.Base == nil {
		return nil
	}
	for _, e := range t.actor.Base.Entries() {
		for _, made := range t.made {
			if _, same := sameSubject(e, made); !same || made.OrgID != e.OrgID || made.TargetID != e.TargetID || e.OrgID == "" {
				continue
			}
			if _, err := t.exec(ctx, `INSERT INTO undone (org_id, seq, by_seq, depth)
				VALUES ($1, $2, $3, 1 + coalesce((SELECT depth FROM undone WHERE org_id = $1 AND by_seq = $2), 0))
				ON CONFLICT DO NOTHING`, e.OrgID, e.Seq, made.Seq); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

// History lists the actor's own changes in an organization that commands undo, and
// those that were undone and can be redone, the newest first. What others have
// changed since is refused only when it is tried.
func (s *Store) History(ctx context.Context, a models.Actor, orgID string) (list []models.HistoryEntry, err error) {
	err = s.view(ctx, a, event{}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		steps, err := t.steps(ctx, o)
		list = historyOf(steps, t.now)
		return err
	})
	return list, err
}

// Undo takes the actor's newest change in an organization back that can be. With
// the id of an entry it is refused unless that one is the newest. Every rule that
// holds for a change holds for taking it back.
func (s *Store) Undo(ctx context.Context, a models.Actor, orgID, entry string) (models.HistoryEntry, error) {
	return s.takeBack(ctx, a, orgID, entry, false)
}

// Redo does anew what was undone last, unless the actor has changed something else
// since.
func (s *Store) Redo(ctx context.Context, a models.Actor, orgID, entry string) (models.HistoryEntry, error) {
	return s.takeBack(ctx, a, orgID, entry, true)
}

func (s *Store) takeBack(ctx context.Context, a models.Actor, orgID, entry string, redo bool) (h models.HistoryEntry, err error) {
	var steps []step
	var list []models.HistoryEntry
	if err := s.view(ctx, a, event{}, func(t *tx) error {
		o, err := t.org(ctx, orgID)
		if err != nil {
			return err
		}
		if steps, err = t.steps(ctx, o); err == nil {
			list = historyOf(steps, t.now)
		}
		return err
	}); err != nil {
		return h, err
	}
	word := "undo"
	if redo {
		word = "redo"
	}
	at := slices.IndexFunc(list, func(e models.HistoryEntry) bool { return e.Next && e.Redo == redo })
	if at < 0 {
		return h, models.Errorf(models.CodeGone, "nothing to %s", word).
			WithHint("your own changes can be undone within an hour, decisions within %d seconds", int(models.UndoTime.Seconds()))
	}
	h = list[at]
	if entry != "" && entry != h.ID && entry != h.Number() {
		return h, models.Errorf(models.CodeConflict, "the next one to %s is %s: %s", word, h.Number(), h.Text()).WithHint("see all with: {history.list}")
	}
	e := steps[slices.IndexFunc(steps, func(x step) bool { return x.ID == h.ID })].AuditEntry
	a.Base = &models.Base{}
	a.Base.Add(e)
	return h, inverse(e)(ctx, s, a)
}

// steps are the actor's own entries that can be taken back, the newest first.
func (t *tx) steps(ctx context.Context, o *org) ([]step, error) {
	since := t.now.Add(-models.CommandUndoTime)
	entries, err := collect(ctx, t, scanAudit(), "SELECT "+auditColumns+` FROM audit
		WHERE org_id = $1 AND actor_id = $2 AND outcome = 'done' ORDER BY seq DESC LIMIT $3`, o.ID, t.actor.UserID, maxSteps)
	if err != nil {
		return nil, err
	}
	type mark struct{ seq, by, depth int64 }
	marks, err := collect(ctx, t, func(r scanner) (m mark, err error) { return m, r.Scan(&m.seq, &m.by, &m.depth) },
		"SELECT u.seq, u.by_seq, u.depth FROM undone u JOIN audit e ON e.org_id = u.org_id AND e.seq = u.by_seq WHERE u.org_id = $1 AND e.actor_id = $2 AND e.at > $3",
		o.ID, t.actor.UserID, micros(since))
	if err != nil {
		return nil, err
	}
	depth, over := map[int64]int64{}, map[int64]bool{}
	for _, m := range marks {
		depth[m.by], over[m.seq] = m.depth, true
	}
	behalf := ""
	if t.actor.OnBehalfOf != "" {
		behalf = t.user.Email
	}
	var steps []step
	for _, e := range entries {
		if e.At.After(since) && e.OnBehalfOf == behalf && inverse(e) != nil {
			steps = append(steps, step{e, depth[e.Seq], over[e.Seq]})
		}
	}
	return byHand(steps), nil
}

func historyOf(steps []step, now time.Time) []models.HistoryEntry {
	list := []models.HistoryEntry{}
	// What was undone before a change led from another state.
	var undo, redo, changed bool
	for _, x := range steps {
		until, undone := x.At.Add(models.CommandUndoTime), x.depth%2 == 1
		if x.Action == "invitation.approve" || x.Action == "invitation.reject" {
			until = x.At.Add(models.UndoTime)
		}
		changed = changed || x.depth == 0
		if x.by || !now.Before(until) || undone && changed {
			continue
		}
		e := models.HistoryEntry{ID: x.ID, At: x.At, Action: x.Action, Target: x.TargetLabel, Change: x.Changed(), Redo: undone, Until: until}
		if undone { // what redoing it changes is the way round
			x.Before, x.After = x.After, x.Before
			e.Change = x.Changed()
			e.Next, redo = !redo, true
		} else {
			e.Next, undo = !undo, true
		}
		list = append(list, e)
	}
	return list
}

// byHand finds what invitation.undo took back by itself, without a base.
func byHand(steps []step) []step {
	for i := range steps {
		if steps[i].Action != "invitation.undo" || steps[i].depth > 0 {
			continue
		}
		for j := i + 1; j < len(steps); j++ {
			if x := &steps[j]; x.TargetID == steps[i].TargetID && !x.by && x.Action != "invitation.undo" {
				steps[i].depth, x.by = x.depth+1, true
				break
			}
		}
	}
	return steps
}

// inverse is what takes an entry back, nil where nothing does.
func inverse(e models.AuditEntry) func(ctx context.Context, s *Store, a models.Actor) error {
	before, after := e.Fields()
	text := func(m map[string]any, k string) string { v, _ := m[k].(string); return v }
	switch e.Action {
	case "invitation.approve", "invitation.reject":
		return func(ctx context.Context, s *Store, a models.Actor) error {
			return only(s.UndoDecision(ctx, a, e.OrgID, e.TargetID))
		}
	case "invitation.undo":
		return func(ctx context.Context, s *Store, a models.Actor) error {
			if text(before, "status") == string(models.StateRejected) {
				return only(s.RejectInvitation(ctx, a, e.OrgID, e.TargetID, text(before, "reason")))
			}
			return only(s.ApproveInvitation(ctx, a, e.OrgID, e.TargetID, models.Role(text(before, "role"))))
		}
	case "member.role":
		if role := text(before, "role"); role != "" {
			return func(ctx context.Context, s *Store, a models.Actor) error {
				return only(s.ChangeRole(ctx, a, e.OrgID, e.TargetID, models.Role(role)))
			}
		}
	case "member.suspend":
		return func(ctx context.Context, s *Store, a models.Actor) error {
			return only(s.ReactivateMember(ctx, a, e.OrgID, e.TargetID))
		}
	case "member.reactivate":
		return func(ctx context.Context, s *Store, a models.Actor) error {
			return only(s.SuspendMember(ctx, a, e.OrgID, e.TargetID, text(before, "reason")))
		}
	case "member.end":
		var at *time.Time
		if was, err := time.Parse(time.RFC3339Nano, text(before, "ends_at")); err == nil {
			at = &was
		}
		return func(ctx context.Context, s *Store, a models.Actor) error {
			return only(s.SetMemberEnd(ctx, a, e.OrgID, e.TargetID, at))
		}
	case "plan.set":
		return func(ctx context.Context, s *Store, a models.Actor) error {
			return only(s.SetPlan(ctx, a, e.OrgID, text(before, "plan")))
		}
	case "settings.update":
		return settingsBack(e.OrgID, before, after)
	case "workspace.update":
		c := models.WorkspaceChange{Name: textOf(before, "name"), Description: textOf(before, "description")}
		return func(ctx context.Context, s *Store, a models.Actor) error {
			return only(s.UpdateWorkspace(ctx, a, e.OrgID, e.TargetID, c))
		}
	case "project.update":
		c := models.ProjectChange{Name: textOf(before, "name"), Description: textOf(before, "description"), Environment: textOf(before, "environment")}
		return func(ctx context.Context, s *Store, a models.Actor) error {
			return only(s.UpdateProject(ctx, a, e.OrgID, "", e.TargetID, c))
		}
	case "workspace.add_member", "workspace.change_role", "workspace.remove_member":
		return partBack(e, text(before, "role"), cmp.Or(text(after, "member"), text(before, "member")))
	}
	return nil
}

// settingsBack gives settings the values that they had. Of those that the log does
// not quote it knows none.
func settingsBack(org string, before, after map[string]any) func(ctx context.Context, s *Store, a models.Actor) error {
	var changes []models.SettingChange
	for key, was := range before {
		d, err := models.FindSetting(key)
		value, ok := was.(string)
		is, known := after[key].(string)
		if err != nil || d.Private || !ok || !known {
			return nil
		}
		changes = append(changes, models.SettingChange{Key: key, Value: value, Base: &is})
	}
	if len(changes) == 0 || len(changes) != len(after) {
		return nil
	}
	return func(ctx context.Context, s *Store, a models.Actor) error {
		return only(s.UpdateSettings(ctx, a, org, changes, false))
	}
}

// partBack gives somebody the part in a workspace that they had.
func partBack(e models.AuditEntry, role, who string) func(ctx context.Context, s *Store, a models.Actor) error {
	return func(ctx context.Context, s *Store, a models.Actor) error {
		switch e.Action {
		case "workspace.add_member":
			return only(s.RemoveWorkspaceMember(ctx, a, e.OrgID, e.TargetID, who))
		case "workspace.remove_member":
			return only(s.AddWorkspaceMember(ctx, a, e.OrgID, e.TargetID, who, models.WorkspaceRole(role)))
		}
		return only(s.ChangeWorkspaceRole(ctx, a, e.OrgID, e.TargetID, who, models.WorkspaceRole(role)))
	}
}

func textOf(m map[string]any, key string) *string {
	v, ok := m[key].(string)
	if !ok {
		return nil
	}
	return &v
}

// only is the error of a method whose answer nobody needs.
func only[T any](_ T, err error) error { return err }
