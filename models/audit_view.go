package models

import (
	"bytes"
	"encoding/json"
	"slices"
)

// AuditChange is one field of what an entry says changed. Before and After are
// as a person reads them; empty where there was or is nothing.
type AuditChange struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Changes takes before and after of an entry apart, field by field in
// alphabetical order. What stayed the same is left out unless the entry only
// has one of the two. Text that is no JSON object, in a log that somebody
// tampered with, becomes one field without a name.
func (e AuditEntry) Changes() []AuditChange {
	before, ok1 := auditFields(e.Before)
	after, ok2 := auditFields(e.After)
	if !ok1 || !ok2 {
		return []AuditChange{{"", e.Before, e.After}}
	}
	var names []string
	for n := range before {
		names = append(names, n)
	}
	for n := range after {
		if _, ok := before[n]; !ok {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	var out []AuditChange
	for _, n := range names {
		c := AuditChange{n, before[n], after[n]}
		if c.Before != c.After || len(before) == 0 || len(after) == 0 {
			out = append(out, c)
		}
	}
	return out
}

func auditFields(s string) (map[string]string, bool) {
	if s == "" {
		return nil, true
	}
	var raw map[string]json.RawMessage
	if json.Unmarshal([]byte(s), &raw) != nil {
		return nil, false
	}
	out := make(map[string]string, len(raw))
	for k, v := range raw {
		var text string
		switch {
		case json.Unmarshal(v, &text) == nil: // null as well, as nothing
		default:
			var b bytes.Buffer
			if json.Compact(&b, v) != nil {
				return nil, false
			}
			text = b.String()
		}
		out[k] = text
	}
	return out, true
}
