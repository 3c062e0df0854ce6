package store_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"muster/internal/op"
	"muster/internal/tools/pages"
	"muster/models"
	"muster/tui/tuitest"
)

// auditPage collects what entries of each action hold, for docs/audit.md.
type auditPage struct {
	mu      sync.Mutex
	actions map[string]*auditAction
}

type auditAction struct{ logs, resources, fields map[string]bool }

func (p *auditPage) note(chain string, e models.AuditEntry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.actions[e.Action]
	if a == nil {
		a = &auditAction{map[string]bool{}, map[string]bool{}, map[string]bool{}}
		p.actions[e.Action] = a
	}
	a.logs[chain], a.resources[e.TargetType] = true, true
	for _, half := range []string{e.Before, e.After} {
		var fields map[string]any
		if json.Unmarshal([]byte(half), &fields) == nil {
			for name := range fields {
				a.fields[name] = true
			}
		}
	}
}

// byThemselves says what actions are that no operation is called by.
var byThemselves = map[string]string{
	"api_key.use":           "an API key was refused: one entry an hour",
	"installation.backup":   "write a backup",
	"installation.restore":  "restore a backup",
	"invitation.code":       "show or use the code of an invitation",
	"invitation.expire":     "an invitation expired",
	"invitation.request":    "propose somebody, or ask to join",
	"invitation.return":     "an approval no longer stands: the invitation needs a new decision",
	"link.join":             "join by a join link",
	"link.code":             "show or use the code of a join link",
	"member.add":            "somebody got a membership with their account",
	"member.delete":         "a member's account was deleted",
	"member.ended":          "a membership reached its end date",
	"organization.primary":  "another owner became the primary one",
	"organization.purge":    "an organization was removed for good",
	"transfer.expire":       "a nomination got no answer in time",
	"transfer.void":         "a nomination fell with a membership",
	"second_factor.confirm": "confirm a second factor",
}

func (p *auditPage) part(t *testing.T) string {
	t.Helper()
	words := func(m map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(m)), ", ") }
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(p.actions)) {
		what := byThemselves[name]
		if r := op.Find(name); r != nil && what == "" {
			what = r.Does
		}
		if what == "" {
			t.Errorf("docs do not say what the action %s is", name)
		}
		a := p.actions[name]
		rows = append(rows, []string{"`" + name + "`", what, words(a.logs), words(a.resources), words(a.fields)})
	}
	return pages.Table([]string{"action", "what was done", "log", "target_type", "fields of before and after"}, rows)
}

// hold is for when every action was brought about.
func (p *auditPage) hold(t *testing.T) {
	t.Helper()
	refused := append([]string{}, refusedOnly...)
	for i, name := range refused {
		refused[i] = "`" + name + "`"
	}
	pages.Hold(t, "../docs", "store", map[string]string{"audit-actions": p.part(t), "audit-refused": strings.Join(refused, ", ")}, tuitest.Updating())
}

// collect notes the entries that were written after a row.
func (w *world) collect(p *auditPage, after int64) {
	w.t.Helper()
	db := w.raw()
	defer db.Close()
	rows, err := db.Query("SELECT org_id, action, target_type, coalesce(before, ''), coalesce(after, '') FROM audit WHERE rowid > $1 AND outcome = 'done'", after)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var e models.AuditEntry
		if err := rows.Scan(&e.OrgID, &e.Action, &e.TargetType, &e.Before, &e.After); err != nil {
			w.t.Fatal(err)
		}
		chain := "organization"
		if e.OrgID == "" {
			chain = "installation"
		}
		p.note(chain, e)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
}
