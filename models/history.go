package models

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// CommandUndoTime is how long ago a change may be that a command undoes. The app
// undoes for as long as one stays.
const CommandUndoTime = time.Hour

// HistoryEntry is a change of one's own that can be undone, or an undo that can be
// done anew.
type HistoryEntry struct {
	ID     string    `json:"id"` // of its entry in the audit log
	At     time.Time `json:"at"`
	Action string    `json:"action"`
	Target string    `json:"target"`
	Change string    `json:"change"` // in words
	// Redo says that it was undone, and can be redone.
	Redo bool `json:"redo"`
	// Until is when it can no longer be undone.
	Until time.Time `json:"until"`
	// Next says that it is the one that undo, or redo, is about.
	Next bool `json:"next"`
}

// Number is where its entry stands in the log of its organization.
func (e HistoryEntry) Number() string { return e.ID[strings.LastIndexByte(e.ID, ':')+1:] }

// Text is the change as a line.
func (e HistoryEntry) Text() string {
	text := e.Action + " " + SafeText(e.Target)
	if e.Change != "" {
		text += ": " + SafeText(e.Change)
	}
	return text
}

// Fields are what the entry says was before and after; numbers and lists stay as
// JSON has them.
func (e AuditEntry) Fields() (before, after map[string]any) {
	_ = json.Unmarshal([]byte(e.Before), &before)
	_ = json.Unmarshal([]byte(e.After), &after)
	return before, after
}

// Changed says in words what of the target is other than before.
func (e AuditEntry) Changed() string {
	before, after := e.Fields()
	word := func(m map[string]any, k string) string {
		switch v := m[k].(type) {
		case nil:
			return "none"
		case string:
			if v == "" {
				return "empty"
			}
			return v
		default:
			return fmt.Sprint(v)
		}
	}
	keys := map[string]bool{}
	var names []string
	for _, m := range []map[string]any{before, after} {
		for k := range m {
			if !keys[k] && k != "member" && word(before, k) != word(after, k) {
				keys[k] = true
				names = append(names, k)
			}
		}
	}
	slices.Sort(names)
	said := make([]string, len(names))
	for i, k := range names {
		said[i] = k[strings.LastIndexByte(k, '.')+1:] + " " + word(before, k) + " → " + word(after, k)
	}
	text := strings.Join(said, ", ")
	for _, m := range []map[string]any{after, before} {
		if who, ok := m["member"].(string); ok && who != "" {
			return who + ", " + text
		}
	}
	return text
}
